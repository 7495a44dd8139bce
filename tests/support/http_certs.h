#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace tajo::testing {

// A folder that is removed with this object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string Path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct CertFiles {
  std::string cert;  // PEM
  std::string key;   // PEM
};

enum class Validity { kNow, kExpired };

// A certificate authority of its own, with files in a folder that dies with it.
class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  const std::string& CertFile() const { return ca_.cert; }
  // A leaf for `subject_alt_name` ("IP:127.0.0.1", "DNS:localhost"), in <name>.crt and <name>.key.
  // The same name again replaces the files.
  CertFiles Issue(const std::string& name, const std::string& subject_alt_name, Validity validity = Validity::kNow);

 private:
  struct Keys;

  TempFolder folder_;
  CertFiles ca_;
  std::unique_ptr<Keys> keys_;
  long serial_ = 1;
};

}  // namespace tajo::testing
