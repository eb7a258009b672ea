import Foundation
import Glibc
import ServiceRuntime

/// Where the demo keeps its things between runs; used by one demo at a time.
///
/// Its lock is held until `deinit`.
final class DemoFolder: Sendable {
  /// The folder itself.
  let path: String
  private let lock: Int32

  /// The data of the private PostgreSQL.
  var data: String { "\(path)/postgres" }
  /// The configuration, models and base class of the game.
  var game: String { "\(path)/game" }
  /// What the programs and the models write.
  var logs: String { "\(path)/logs" }

  /// `${UPDRAFT_DEMO_DIR}`, or a folder of this user that PostgreSQL's user can reach, too.
  static var defaultPath: String {
    let named = ProcessEnvironment.all["UPDRAFT_DEMO_DIR"] ?? ""
    return named.isEmpty ? "/var/tmp/updraft-demo-\(getuid())" : named
  }

  /// Makes the folder if it is missing, and takes it.
  ///
  /// - Throws: `StartFailure` when it can't be made, is somebody else's, or another demo has it.
  init(_ wanted: String) throws(StartFailure) {
    let path = URL(fileURLWithPath: wanted).standardizedFileURL.path
    func refuse(_ problem: String) -> StartFailure {
      StartFailure(
        "\(path): \(problem)", remedy: "name another folder with --dir", exitCode: .systemRefused)
    }
    if mkdir(path, 0o755) != 0, errno != EEXIST {
      throw refuse(String(cString: strerror(errno)))
    }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid()
    else { throw refuse("it is no folder of this user") }
    let lock = open("\(path)/demo.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw refuse(String(cString: strerror(errno))) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw refuse("another demo uses it")
    }
    self.path = path
    self.lock = lock
  }

  deinit { close(lock) }
}
