/// What the files of the spool take, and what is kept free for the ends of open rounds.
///
/// At the bound what is there is kept and what is new is refused. The ends of rounds that were let
/// in always fit.
struct SpoolBudget {
  let bytesMax: Int
  /// The bytes of all files.
  private(set) var bytes = 0
  private var files: [String: (bytes: Int, reserved: Int)] = [:]
  private var reserved = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Counts a file that is there already.
  mutating func add(_ name: String, bytes: Int) { change(name, bytes: bytes, reserved: 0) }

  /// Lets `count` more bytes into a file, and keeps `reserve` free for its end; false at the bound.
  mutating func take(_ count: Int, for name: String, reserving reserve: Int = 0) -> Bool {
    guard bytes + reserved + count + reserve <= bytesMax else { return false }
    change(name, bytes: count, reserved: reserve)
    return true
  }

  /// Takes back bytes that were not written after all.
  mutating func giveBack(_ count: Int, of name: String) { change(name, bytes: -count, reserved: 0) }

  /// Counts the end of a file, which what was kept free for it has room for.
  mutating func end(_ name: String, bytes: Int) {
    change(name, bytes: bytes, reserved: -(files[name]?.reserved ?? 0))
  }

  /// Forgets a file that is gone.
  mutating func forget(_ name: String) {
    guard let file = files.removeValue(forKey: name) else { return }
    bytes -= file.bytes
    reserved -= file.reserved
  }

  private mutating func change(_ name: String, bytes: Int, reserved: Int) {
    self.bytes += bytes
    self.reserved += reserved
    files[name, default: (0, 0)].bytes += bytes
    files[name, default: (0, 0)].reserved += reserved
  }
}
