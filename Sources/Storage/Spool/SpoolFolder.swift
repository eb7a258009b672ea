import Glibc

/// A spool's folder as anybody may look at it, also while a worker holds it. Changes nothing.
public struct SpoolFolder: Sendable {
  /// The folder's path.
  public let directory: String

  /// Looks at a folder.
  public init(directory: String) { self.directory = directory }

  /// What lies in the folder.
  public struct Listing: Sendable {
    /// The segments by time, oldest first.
    public var segments: [SegmentFile] = []
    /// Files that have been set aside because their round could not be read. Names.
    public var damaged: [String] = []
    /// Files that end like segments and are not named like one. Names.
    public var unnamed: [String] = []
    /// Files whose round was still being written when their worker ended. Names.
    var unfinished: [String] = []
  }

  /// Lists the folder.
  ///
  /// - Throws: `SpoolError`: `missing` when there is no such folder, `io`.
  public func list() throws(SpoolError) -> Listing {
    var listing = Listing()
    for name in try names() {
      if let file = SegmentFile(directory: directory, name: name) {
        listing.segments.append(file)
      } else if name.hasSuffix(SegmentFile.suffix) {
        listing.unnamed.append(name)
      } else if name.hasSuffix(SegmentFile.damagedSuffix) {
        listing.damaged.append(name)
      } else if name.hasSuffix(SegmentFile.suffix + SegmentFile.newSuffix) {
        listing.unfinished.append(name)
      }
    }
    listing.segments.sort { ($0.performedAt, $0.name) < ($1.performedAt, $1.name) }
    return listing
  }

  /// The process that holds the folder; nil when none does, 0 when it hasn't said who it is.
  public var holder: Int32? { SpoolLock.holder(of: directory) }

  /// Reads a segment from start to end. Values are checked and not kept.
  ///
  /// - Parameters:
  ///   - file: the segment.
  ///   - checkingValues: false leaves the values unread, for a quick look.
  /// - Returns: what is in it, without the values.
  /// - Throws: `SpoolError`: `missing`, `foreignVersion`, `damaged` when the round's header can't
  ///   be read, `io`.
  public func read(
    _ file: SegmentFile, checkingValues: Bool = true
  ) throws(SpoolError) -> RecoveredRound {
    try SegmentScanner(file, checksValues: checkingValues).scan()
  }

  /// The size of a file in the folder, bytes; 0 when it is gone.
  public func byteCount(of name: String) -> Int {
    var status = stat()
    return stat("\(directory)/\(name)", &status) == 0 ? Int(status.st_size) : 0
  }

  /// The names in the folder, sorted, without hidden ones.
  private func names() throws(SpoolError) -> [String] {
    guard let stream = opendir(directory) else {
      throw SpoolError(errorNumber: errno, doing: "list the spool \(directory)")
    }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
      errno = 0
    }
    guard errno == 0 else {
      throw SpoolError(errorNumber: errno, doing: "list the spool \(directory)")
    }
    return names.sorted()
  }

  /// Makes the folder and those above it; the last one is for its owner's eyes only.
  ///
  /// - Returns: whether it was not there before.
  func make() throws(SpoolError) -> Bool {
    var status = stat()
    if stat(directory, &status) == 0 { return false }
    var path = directory.hasPrefix("/") ? "" : "."
    let parts = directory.split(separator: "/")
    for (index, part) in parts.enumerated() {
      path += "/\(part)"
      let mode: mode_t = index == parts.count - 1 ? 0o700 : 0o755
      guard mkdir(path, mode) == 0 || errno == EEXIST else {
        throw SpoolError(errorNumber: errno, doing: "make the folder \(path)")
      }
    }
    return true
  }
}
