import Competition
import GatewayTestSupport
import Glibc
import TLSEngine
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ContextTests {
  private let certificates: ScratchCertificates
  private let files: TLSFiles

  init() throws {
    certificates = try ScratchCertificates()
    files = try certificates.issue("coordinator")
  }

  private func failure(
    _ files: TLSFiles? = nil, _ role: TLSContext.Role = .client
  ) throws -> TLSError {
    do {
      _ = try TLSContext(role, files ?? self.files)
    } catch {
      return error
    }
    throw Unexpected()
  }

  private struct Unexpected: Error {}

  @Test func goodFilesMakeAContextOfEitherRole() throws {
    let context = try TLSContext(.client, files)
    #expect(context.certificate?.subject == "CN=coordinator")
    #expect(context.expiryWarning(at: .now()) == nil)
    _ = try TLSContext(.server, files)
    #expect(try TLSContext(.client, TLSFiles(ca: files.ca)).certificate == nil)
  }

  @Test(arguments: ["ca.crt", "tls.crt", "tls.key"])
  func aMissingFileIsNamed(name: String) throws {
    try certificates.run("rm coordinator/\(name)")
    let error = try failure()
    #expect(error.code == .fileMissing)
    #expect(
      error.description.hasSuffix("/coordinator/\(name) can't be read: No such file or directory"))
  }

  @Test(arguments: ["ca.crt", "tls.crt", "tls.key"])
  func aFileThatIsNoPEMFileIsNamed(name: String) throws {
    try certificates.run("echo hello > coordinator/\(name)")
    let error = try failure()
    #expect(
      error.code == .fileMalformed && error.description.contains("/\(name) is not a PEM file"))
  }

  @Test func aDamagedCertificateBehindAGoodOneIsRefused() throws {
    try certificates.run("printf -- '-----BEGIN CERTIFICATE-----\\nAAAA' >> coordinator/ca.crt")
    #expect(try failure().code == .fileMalformed)
  }

  @Test func aFileOverItsLimitIsNotRead() throws {
    try certificates.run("truncate -s \(TLSLimits.fileBytesMax + 1) coordinator/ca.crt")
    #expect(try failure().description.contains("bytes, at most \(TLSLimits.fileBytesMax)"))
    try certificates.run("rm coordinator/ca.crt; mkfifo coordinator/ca.crt")
    #expect(try failure().description.hasSuffix("is not a file"))
  }

  @Test func aKeyThatOthersCanReadIsRefused() throws {
    try certificates.run("chmod 604 coordinator/tls.key")
    let error = try failure()
    #expect(error.code == .keyExposed && error.description.contains("chmod 600 "))
    try certificates.run("chmod 620 coordinator/tls.key")
    #expect(try failure().code == .keyExposed, "a group must not write")
    try certificates.run("chmod 400 coordinator/tls.key")
    _ = try TLSContext(.client, files)
  }

  @Test func anEncryptedKeyIsRefusedByName() throws {
    try certificates.run(
      "openssl pkey -in coordinator/tls.key -aes256 -passout pass:x -out new; "
        + "chmod 600 new; mv new coordinator/tls.key")
    let error = try failure()
    #expect(error.code == .keyEncrypted)
    #expect(error.description.contains("coordinator/tls.key is encrypted"))
  }

  @Test func aKeyOfAnotherCertificateIsRefused() throws {
    var mixed = files
    mixed.key = try certificates.issue("other").key
    let error = try failure(mixed)
    #expect(error.code == .keyMismatch && error.description.contains("CN=coordinator"))
  }

  @Test func aCertificateOutsideItsDatesIsRefusedWithThem() throws {
    let past = try failure(certificates.issue("old", validity: .past))
    #expect(
      past.code == .expired && past.description.contains("tls.crt has expired: CN=old, valid"))
    let future = try failure(certificates.issue("new", validity: .future))
    #expect(future.code == .notYetValid && future.description.contains("is not valid yet: CN=new"))
  }

  @Test func authoritiesThatHaveAllExpiredAreRefused() throws {
    let old = try certificates.issue("old", validity: .past)
    var mixed = files
    mixed.ca = old.certificate
    #expect(try failure(mixed).description.contains("holds no CA that is valid now: CN=old"))
    try certificates.run("cat ca.crt >> old/tls.crt")
    _ = try TLSContext(.client, mixed)
  }

  @Test func aServerNeedsACertificateAndACertificateItsKey() throws {
    #expect(
      try failure(TLSFiles(ca: files.ca), .server).description.contains("needs a certificate"))
    var half = files
    half.key = nil
    #expect(try failure(half).description.hasSuffix("needs both, a certificate and its key"))
  }

  @Test func aWarningBeginsThirtyDaysBeforeTheEnd() throws {
    let context = try TLSContext(.client, files)
    let end = try #require(context.certificate).notAfter
    #expect(context.expiryWarning(at: end.advanced(by: .seconds(-30 * 86_400))) == nil)
    let warning = context.expiryWarning(at: end.advanced(by: .seconds(-30 * 86_400 + 1)))
    #expect(warning?.contains("CN=coordinator expires at \(end.iso8601)Z, in 29 days") == true)
    let over = context.expiryWarning(at: end)
    #expect(over?.contains("expired at \(end.iso8601)Z") == true)
  }

  @Test func secretsNeverShow() throws {
    let key = try certificates.run("cat coordinator/tls.key")
    let line = try #require(key.split(separator: "\n").dropFirst().first)
    var mixed = files
    mixed.key = try certificates.issue("other").key
    let shown = try "\(failure(mixed))" + String(reflecting: TLSContext(.client, files))
    #expect(!shown.contains(line))
  }

  @Test func renewedFilesAreInUseForNewConnectionsAtMostASecondLater() throws {
    let context = try RenewableContext(.client, files)
    let start = MonotonicInstant.now()
    let first = context.current(at: start)
    _ = try certificates.issue("coordinator", validity: .short)
    #expect(context.current(at: start) === first, "not looked at again within the second")
    let later = start.advanced(by: .seconds(2))
    let second = context.current(at: later)
    #expect(second !== first && context.problem == nil)
    #expect(second.certificate?.notAfter != first.certificate?.notAfter)
    #expect(context.warning()?.contains("expires at") == true)
    #expect(context.current(at: later.advanced(by: .seconds(2))) === second)
  }

  @Test func renewedFilesThatCannotBeUsedLeaveTheOldOnesInUse() throws {
    let context = try RenewableContext(.client, files)
    let first = context.current()
    let later = MonotonicInstant.now().advanced(by: .seconds(2))
    try certificates.run("mv coordinator/tls.key kept; echo no > coordinator/tls.key")
    try certificates.run("chmod 600 coordinator/tls.key")
    #expect(context.current(at: later) === first)
    #expect(context.problem?.code == .fileMalformed)
    #expect(context.warning()?.hasPrefix("renewed TLS files are not in use: ") == true)
    try certificates.run("mv kept coordinator/tls.key")
    _ = context.current(at: later.advanced(by: .seconds(2)))
    #expect(context.problem == nil && context.warning() == nil)
  }
}
