import Glibc
import Telemetry

/// What the demo shows: notes that stay, and below them a block that is drawn anew in place.
///
/// Without a terminal there is no block: only notes are written, one a line.
final class Screen {
  /// Whether standard output is a terminal that can be drawn on.
  let isTerminal: Bool
  private var block: [String] = []

  init() {
    isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessEnvironment.all["TERM"] != "dumb"
  }

  /// The rows of the terminal; 24 when it doesn't say.
  var height: Int { size.rows }

  /// Writes a line that stays.
  func note(_ text: String) {
    let old = block
    erase()
    Output.line(OneLine.escaped(text))
    draw(old)
  }

  /// Draws the block; nothing without a terminal.
  func show(_ lines: [String]) {
    guard isTerminal else { return }
    let width = size.columns
    let cut = lines.map { line in
      let line = OneLine.escaped(line)
      return line.count < width ? line : line.prefix(max(0, width - 2)) + "…"
    }
    guard cut != block else { return }
    erase()
    draw(cut)
  }

  /// Leaves the block where it is; what follows is written below it.
  func keepBlock() { block = [] }

  /// Takes the block away.
  func erase() {
    guard !block.isEmpty else { return }
    Output.text("\u{1B}[\(block.count)A\r\u{1B}[J")
    block = []
  }

  private func draw(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    Output.text(lines.map { $0 + "\n" }.joined())
    block = lines
  }

  private var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0
    else {
      return (24, 80)
    }
    return (Int(size.ws_row), Int(size.ws_col))
  }
}
