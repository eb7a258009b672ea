import Glibc

/// One process as the kernel tells it.
struct ProcessEntry: Hashable {
  var id: Int32
  var parentID: Int32
  var sessionID: Int32
  /// `R`, `S`, `D`, `T` (stopped), `Z` (ended, not yet reaped), …
  var state: UInt8
  var threadCount: Int
  /// When it was started, in the kernel's ticks since the machine's start.
  var startTicks: UInt64
  var residentPageCount: Int
  /// The first 15 bytes of its program's name.
  var name: String

  /// What tells it from a later process of the same id.
  var identity: ProcessIdentity { ProcessIdentity(id: id, startTicks: startTicks) }
  var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
  var isStopped: Bool { state == UInt8(ascii: "T") }

  /// Reads the text of `/proc/ID/stat`; nil when it isn't one (proc(5)).
  init?(stat text: Substring) {
    // The name may contain blanks and brackets.
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close,
      let id = Int32(text[..<open].dropLast())
    else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 21, let state = fields[0].utf8.first, let parentID = Int32(fields[1]),
      let sessionID = Int32(fields[3]), let threadCount = Int(fields[17]),
      let startTicks = UInt64(fields[19]), let pages = Int(fields[21])
    else { return nil }
    self.id = id
    self.parentID = parentID
    self.sessionID = sessionID
    self.state = state
    self.threadCount = threadCount
    self.startTicks = startTicks
    residentPageCount = pages
    name = String(text[text.index(after: open)..<close])
  }
}

/// One process, never mistaken for a later one of the same id since the machine's start.
struct ProcessIdentity: Hashable {
  let id: Int32
  let startTicks: UInt64
}

/// All processes at one moment.
struct ProcessTable {
  private(set) var entries: [Int32: ProcessEntry] = [:]
  private var childIDs: [Int32: [Int32]] = [:]

  init(_ entries: [ProcessEntry]) { for entry in entries { add(entry) } }

  /// Reads `/proc`; processes that end meanwhile are left out.
  static func read() -> ProcessTable {
    var table = ProcessTable([])
    guard let stream = opendir("/proc") else { return table }
    defer { closedir(stream) }
    var buffer = [UInt8](repeating: 0, count: 2_048)
    while let entry = readdir(stream) {
      let id = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { strtol($0, nil, 10) }
      }
      guard id > 0, let text = text(of: Int32(id), "stat", &buffer),
        let process = ProcessEntry(stat: text)
      else { continue }
      table.add(process)
    }
    return table
  }

  /// The start of one file of a process; nil when it has ended or isn't ours to read.
  static func text(of id: Int32, _ file: String, _ buffer: inout [UInt8]) -> Substring? {
    let descriptor = open("/proc/\(id)/\(file)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    return count > 0 ? Substring(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  private mutating func add(_ entry: ProcessEntry) {
    entries[entry.id] = entry
    childIDs[entry.parentID, default: []].append(entry.id)
  }

  /// The direct children of a process.
  func children(of id: Int32) -> [ProcessEntry] {
    (childIDs[id] ?? []).compactMap { entries[$0] }
  }

  /// A process, its parent, and so on up to the first one.
  func lineage(of id: Int32) -> [Int32] {
    var line = [id]
    while let parent = entries[line[line.count - 1]]?.parentID, parent > 0, !line.contains(parent) {
      line.append(parent)
    }
    return line
  }

  /// These processes and all below them, each once.
  func families(of roots: some Sequence<Int32>) -> Set<Int32> {
    var found: Set<Int32> = []
    var line = Array(roots).filter { entries[$0] != nil }
    while let id = line.popLast() {
      if found.insert(id).inserted { line += childIDs[id] ?? [] }
    }
    return found
  }
}
