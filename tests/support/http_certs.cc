#include "tests/support/http_certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace tajo::testing {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using File = std::unique_ptr<FILE, Freer<fclose>>;

constexpr long kDay = 24 * 60 * 60;

void AddExtension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension == nullptr) throw std::runtime_error("bad certificate extension");
  X509_add_ext(cert, extension.get(), -1);
}

Cert MakeCert(EVP_PKEY* key, const std::string& common_name, long serial, Validity validity) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
  const bool expired = validity == Validity::kExpired;
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), expired ? -3 * kDay : -kDay);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), expired ? -2 * kDay : kDay);
  X509_set_pubkey(cert.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return cert;
}

EVP_PKEY* NewKey() {
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
}

File Open(const std::string& path) {
  File file(fopen(path.c_str(), "w"));
  if (file == nullptr) throw std::runtime_error("can't write a certificate");
  return file;
}

void Write(const CertFiles& files, X509* cert, EVP_PKEY* key) {
  PEM_write_X509(Open(files.cert).get(), cert);
  PEM_write_PrivateKey(Open(files.key).get(), key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tajo-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("can't make a folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct TestCa::Keys {
  Key key;
  Cert cert;
};

TestCa::TestCa() : keys_(std::make_unique<Keys>()) {
  keys_->key.reset(NewKey());
  // A name of its own: by the same name, an authority would be taken for the other and fail differently.
  const std::string name = "Test CA " + std::filesystem::path(folder_.Path("")).parent_path().filename().string();
  keys_->cert = MakeCert(keys_->key.get(), name, serial_++, Validity::kNow);
  X509* const cert = keys_->cert.get();
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  AddExtension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(cert, keys_->key.get(), EVP_sha256());
  ca_ = {folder_.Path("ca.crt"), folder_.Path("ca.key")};
  Write(ca_, cert, keys_->key.get());
}

TestCa::~TestCa() = default;

CertFiles TestCa::Issue(const std::string& name, const std::string& subject_alt_name, Validity validity) {
  const Key key(NewKey());
  const Cert cert = MakeCert(key.get(), name, serial_++, validity);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(keys_->cert.get()));
  AddExtension(cert.get(), keys_->cert.get(), NID_subject_alt_name, subject_alt_name);
  X509_sign(cert.get(), keys_->key.get(), EVP_sha256());
  CertFiles files{folder_.Path(name + ".crt"), folder_.Path(name + ".key")};
  Write(files, cert.get(), key.get());
  return files;
}

}  // namespace tajo::testing
