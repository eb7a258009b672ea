internal import CLibSSL
import Glibc

/// A file's bytes and what told that they are these: read once, wiped when let go.
final class CredentialFile {
  /// What changes when a file is written or replaced.
  struct Stamp: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ status: stat) {
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      size = Int(status.st_size)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
    }

    /// The stamp of the file at `path` now; nil when there is none.
    init?(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      self.init(status)
    }
  }

  let path: String
  let stamp: Stamp
  private let count: Int
  private let memory: UnsafeMutableRawBufferPointer

  /// Reads a file; one that holds a secret must be readable by its owner only.
  ///
  /// As with PostgreSQL's keys, a group may read a file that belongs to root.
  init(_ path: String, isSecret: Bool) throws(TLSError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TLSError(.fileMissing, "\(path) is not a file")
    }
    guard status.st_size <= TLSLimits.fileBytesMax else {
      throw TLSError(
        .fileMalformed,
        "\(path) has \(status.st_size) bytes, at most \(TLSLimits.fileBytesMax) are read")
    }
    let forbidden: mode_t = status.st_uid == 0 ? 0o037 : 0o077
    if isSecret, status.st_mode & forbidden != 0 {
      throw TLSError(
        .keyExposed, "\(path): others than its owner can use this private key; chmod 600 \(path)")
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, Int(status.st_size)), alignment: 1)
    guard let count = Self.read(descriptor, memory) else {
      let number = errno
      memory.deallocate()
      throw .unreadable(path, number)
    }
    self.path = path
    self.memory = memory
    self.count = count
    stamp = Stamp(status)
  }

  deinit {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
    memory.deallocate()
  }

  /// Fills `memory` as far as the file goes; nil when it can't be read.
  private static func read(
    _ descriptor: Int32, _ memory: UnsafeMutableRawBufferPointer
  ) -> Int? {
    var count = 0
    while count < memory.count {
      let part = Glibc.read(
        descriptor, memory.baseAddress.map { $0 + count }, memory.count - count)
      if part < 0, errno == EINTR { continue }
      if part < 0 { return nil }
      if part == 0 { break }
      count += part
    }
    return count
  }

  /// All certificates in the file, at least one. The caller owns them.
  func certificates() throws(TLSError) -> [OpaquePointer] {
    var found: [OpaquePointer] = []
    let bio = try source()
    defer { BIO_free(bio) }
    while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) { found.append(certificate) }
    let code = takeLastError()
    let isEnd = updraft_error_reason(CUnsignedLong(code)) == PEM_R_NO_START_LINE
    guard !found.isEmpty, isEnd else {
      for certificate in found { X509_free(certificate) }
      let cause = isEnd ? "no BEGIN CERTIFICATE" : openSSLText(code)
      throw TLSError(
        .fileMalformed, openSSLCode: code, "\(path) is not a PEM file of certificates (\(cause))")
    }
    return found
  }

  /// The private key in the file. The caller owns it.
  func privateKey() throws(TLSError) -> OpaquePointer {
    let bio = try source()
    defer { BIO_free(bio) }
    var wasAsked = false
    let key = withUnsafeMutablePointer(to: &wasAsked) { asked in
      updraft_read_key(bio, keyFileDidAskForPassword, asked)
    }
    let code = takeLastError()
    if let key { return key }
    if wasAsked {
      throw TLSError(
        .keyEncrypted,
        "\(path) is encrypted, and nobody is there to type its password; write it without one: "
          + "openssl pkey -in \(path) -out NEW")
    }
    throw TLSError(
      .fileMalformed, openSSLCode: code, "\(path) is not a PEM file of a private key")
  }

  private func source() throws(TLSError) -> OpaquePointer {
    // The BIO only reads what it is lent.
    guard let bio = BIO_new_mem_buf(memory.baseAddress, Int32(count)) else {
      throw .library("reading \(path)")
    }
    return bio
  }
}

extension TLSError {
  fileprivate static func unreadable(_ path: String, _ number: Int32) -> TLSError {
    TLSError(.fileMissing, "\(path) can't be read: \(String(cString: strerror(number)))")
  }
}

/// Notes that the key is encrypted, and gives no password.
private func keyFileDidAskForPassword(
  _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ isWriting: Int32,
  _ asked: UnsafeMutableRawPointer?
) -> Int32 {
  asked?.assumingMemoryBound(to: Bool.self).pointee = true
  return -1
}
