import Glibc
public import TLSEngine

/// Certificates made for one run by the `openssl` program, in a folder of their own under /tmp.
///
/// Authorities are called by name and made when they are first asked for.
public final class ScratchCertificates: Sendable {
  /// From when to when a certificate is valid.
  public enum Validity: String, Sendable {
    /// From yesterday on for 90 days.
    case now
    /// From yesterday on for 10 days.
    case short
    /// Two days, until yesterday.
    case past
    /// From tomorrow on.
    case future
    /// From yesterday on, for 4 more seconds.
    case moment

    /// The dates as `date -d` reads them.
    fileprivate var dates: (from: String, to: String) {
      switch self {
      case .now: ("-1 days", "90 days")
      case .short: ("-1 days", "10 days")
      case .past: ("-3 days", "-1 days")
      case .future: ("1 days", "90 days")
      case .moment: ("-1 days", "4 seconds")
      }
    }
  }

  /// The kinds of private keys.
  public enum Key: String, Sendable {
    /// P-256.
    case ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"
    /// RSA with 2,048 bits.
    case rsa = "-newkey rsa:2048"
  }

  /// A failure of the `openssl` program, with what it said.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    /// The command's output.
    public let description: String
  }

  /// Where everything is kept.
  public let folder: String

  /// Makes an empty folder.
  public init() throws {
    var template = Array("/tmp/updraft-tls-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(description: "mkdtemp: \(String(cString: strerror(errno)))")
    }
    folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
    try run(
      """
      touch index.txt
      cat > ca.conf <<'END'
      [ca]
      default_ca = scratch
      [scratch]
      database = index.txt
      new_certs_dir = .
      rand_serial = yes
      default_md = sha256
      policy = anything
      unique_subject = no
      [anything]
      commonName = supplied
      [req]
      distinguished_name = nothing
      [nothing]
      END
      """)
  }

  deinit { _ = try? run("rm -rf -- \"$PWD\"") }

  /// Makes a certificate and the folder of its three files.
  ///
  /// - Parameters:
  ///   - name: The subject's common name, and the folder's.
  ///   - names: The DNS names that it is for; none: the common name's alone.
  ///   - authority: Who issues it.
  ///   - trusts: Whose certificate `ca.crt` is.
  ///   - validity: From when to when.
  ///   - key: The kind of its key.
  /// - Returns: The files of the folder.
  /// - Throws: `Failure` with what `openssl` said.
  public func issue(
    _ name: String, names: [String] = [], by authority: String = "ca", trusts: String = "ca",
    validity: Validity = .now, key: Key = .ec
  ) throws -> TLSFiles {
    try makeAuthority(authority)
    try makeAuthority(trusts)
    let alternatives = (names.isEmpty ? [name] : names).map { "DNS:\($0)" }.joined(separator: ",")
    try run(
      """
      rm -rf "\(name)"; mkdir "\(name)"; cp "\(trusts).crt" "\(name)/ca.crt"
      echo "subjectAltName = \(alternatives)" > "\(name)/extensions"
      openssl req -new \(key.rawValue) -nodes -config ca.conf -subj "/CN=\(name)" \
        -keyout "\(name)/tls.key" -out "\(name)/request"
      openssl ca -batch -notext -config ca.conf -cert "\(authority).crt" \
        -keyfile "\(authority).key" -extfile "\(name)/extensions" \
        -startdate $(date -u -d "\(validity.dates.from)" +%Y%m%d%H%M%SZ) \
        -enddate $(date -u -d "\(validity.dates.to)" +%Y%m%d%H%M%SZ) \
        -in "\(name)/request" -out "\(name)/tls.crt"
      chmod 600 "\(name)/tls.key"
      """)
    return TLSFiles(directory: "\(folder)/\(name)")
  }

  /// The files of a model as the orchestrator's side expects them.
  public func issueModel(
    _ id: String, by authority: String = "ca", validity: Validity = .now, key: Key = .ec
  ) throws -> TLSFiles {
    try issue(
      "model-\(id)", names: ["model-node-\(id).crunchdao.internal"], by: authority,
      validity: validity, key: key)
  }

  /// Runs shell commands in the folder and returns what they print.
  @discardableResult
  public func run(_ script: String) throws -> String {
    let path = "\(folder)/script"
    guard let file = fopen(path, "w") else {
      throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    fputs("set -e\ncd '\(folder)'\n" + script + "\n", file)
    fclose(file)
    guard let pipe = popen("sh '\(path)' 2>&1", "r") else {
      throw Failure(description: "popen: \(String(cString: strerror(errno)))")
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      if count == 0 { break }
      output += buffer.prefix(count)
    }
    let text = String(decoding: output, as: UTF8.self)
    guard pclose(pipe) == 0 else { throw Failure(description: text) }
    return text
  }

  private func makeAuthority(_ name: String) throws {
    if access("\(folder)/\(name).crt", F_OK) == 0 { return }
    try run(
      """
      openssl req -x509 \(Key.ec.rawValue) -nodes -days 30 -subj "/CN=Scratch \(name)" \
        -keyout "\(name).key" -out "\(name).crt"
      """)
  }
}
