import Glibc
import Synchronization

/// Where an export goes: standard output, or a file that appears whole under its name, or not at
/// all.
///
/// A file is written beside its place under another name, forced to the disk and renamed. Its life
/// ends with `finish` or `abandon`.
final class ExportOutput: Sendable {
  /// The file's path; nil for standard output.
  let path: String?
  /// What is written to until the end; nil where nothing is to be renamed.
  private let temporaryPath: String?
  private let descriptor: Int32
  private let isOver = Atomic(false)

  /// Opens the output.
  ///
  /// A path that is there and no regular file (a device, a named pipe) is written to as it is.
  ///
  /// - Throws: `ExportFailure` when the folder can't be written.
  init(path: String?) throws(ExportFailure) {
    guard let path else {
      (self.path, temporaryPath, descriptor) = (nil, nil, STDOUT_FILENO)
      return
    }
    let target = Self.resolved(path)
    self.path = path
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      temporaryPath = nil
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.failure("open", target) }
      return
    }
    var name = Self.template(beside: target)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw Self.failure("make a file beside", target) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    temporaryPath = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    // As any new file: mkstemp gives it to nobody else.
    let mask = umask(0)
    umask(mask)
    fchmod(descriptor, 0o666 & ~mask)
  }

  /// Writes all of `bytes`.
  ///
  /// - Throws: `ExportFailure`: `brokenPipe` when the reader went away, else `file`.
  func put(_ bytes: UnsafeRawBufferPointer) throws(ExportFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, 1_000)
      } else if errno != EINTR {
        throw Self.failure("write to", path ?? "standard output")
      }
    }
  }

  /// Ends the output; the file is under its name afterwards.
  ///
  /// - Throws: `ExportFailure`; nothing is left then.
  func finish() throws(ExportFailure) {
    guard !isOver.exchange(true, ordering: .acquiringAndReleasing), let path else { return }
    defer { close(descriptor) }
    guard let temporaryPath else { return }
    let target = Self.resolved(path)
    guard fsync(descriptor) == 0, rename(temporaryPath, target) == 0 else {
      let failure = Self.failure("finish", target)
      unlink(temporaryPath)
      throw failure
    }
    let folder = open(Self.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Removes what was written, from any thread; nothing after `finish`.
  func abandon() {
    guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
    if let temporaryPath { unlink(temporaryPath) }
  }

  /// A link is followed, so that its target is replaced and not the link.
  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func template(beside path: String) -> [CChar] {
    let name = path.split(separator: "/").last ?? "export"
    return Array("\(folder(of: path))/.\(name).XXXXXX".utf8CString)
  }

  private static func failure(_ verb: String, _ path: String) -> ExportFailure {
    let number = errno
    let advice =
      switch number {
      case ENOSPC, EDQUOT: "; free space there, or export to another disk"
      case EACCES, EPERM, EROFS: "; choose a folder that this user may write"
      case ENOENT, ENOTDIR: "; make the folder first"
      default: ""
      }
    return ExportFailure(
      code: number == EPIPE ? .brokenPipe : .file, errorNumber: number,
      description: "can't \(verb) \(path): \(String(cString: strerror(number)))\(advice)")
  }
}
