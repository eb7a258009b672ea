import Glibc

/// Small files of keys, certificates and signed messages.
public enum KeyFile {
  /// Whether a file's content is a secret.
  public enum Secrecy: Hashable, Sendable {
    /// For its owner only: mode 0600, and refused when others can read or write it.
    case secret
    /// For everybody: mode 0644.
    case open
  }

  /// The largest file that is read, bytes.
  public static let bytesMax = 256 << 10

  /// The bytes of a file.
  ///
  /// - Throws: `KeyError`: `missingFile`, `exposedFile` for a secret that its group or others may
  ///   read or write, `tooLarge`, `systemRefused`.
  public static func read(_ path: String, _ secrecy: Secrecy) throws(KeyError) -> [UInt8] {
    let doing = "reading \(path)"
    // O_NONBLOCK: a named pipe of this name must not hold anybody up.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(doing) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(doing) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw KeyError(.badFormat, doing, "it is no regular file")
    }
    // The mode of the open file, not of whatever has its name a moment later.
    if secrecy == .secret, status.st_mode & 0o077 != 0 {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw KeyError(
        .exposedFile, doing,
        "others than its owner can read or change this secret (mode 0\(mode)); run"
          + " `chmod 600 \(path)`, and replace the key if they may have done so")
    }
    return try bytes(of: descriptor, doing)
  }

  /// Writes a file at once: it is there completely, or not at all. A file of this name is replaced
  /// only with `replacing`; a link is never followed.
  ///
  /// - Throws: `KeyError`: `existingFile`, `systemRefused`.
  public static func write(
    _ bytes: [UInt8], to path: String, _ secrecy: Secrecy, replacing: Bool = false
  ) throws(KeyError) {
    let doing = "writing \(path)"
    // A draft of its own, then a link or a rename: O_EXCL with the mode from the first moment.
    let draft = "\(path).\(getpid()).new"
    let mode: mode_t = secrecy == .secret ? 0o600 : 0o644
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw .system(doing) }
    defer { unlink(draft) }
    let isWritten = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
    let failure = errno
    close(descriptor)
    guard isWritten else { throw .system(doing, failure) }
    if replacing {
      guard rename(draft, path) == 0 else { throw .system(doing) }
    } else {
      // link(2) fails when the name is taken, in one step.
      guard link(draft, path) == 0 else {
        guard errno == EEXIST else { throw .system(doing) }
        throw KeyError(
          .existingFile, doing,
          "it is there already and is left as it is; choose another name, or --force to replace it",
          errno: EEXIST)
      }
    }
  }

  private static func bytes(of descriptor: Int32, _ doing: String) throws(KeyError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    defer { explicit_bzero(&chunk, chunk.count) }
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(doing) }
      if count == 0 { return bytes }
      guard bytes.count + count <= bytesMax else {
        throw KeyError(
          .tooLarge, doing, "it has more than \(bytesMax) bytes: no key or certificate")
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

extension KeyError {
  /// The error of the system call that has just failed.
  fileprivate static func system(_ doing: String, _ code: Int32 = Glibc.errno) -> KeyError {
    KeyError(
      code == ENOENT || code == ENOTDIR ? .missingFile : .systemRefused, doing,
      String(cString: strerror(code)), errno: code)
  }
}
