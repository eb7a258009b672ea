/// What belongs to the open streams of one connection, by their ids.
///
/// A connection has one or two at a time, so they lie in a row that is searched from its end: that
/// is quicker than hashing, and takes no memory of its own beyond the row.
public struct StreamTable<Value> {
  @usableFromInline
  struct Entry {
    @usableFromInline let id: Int32
    @usableFromInline var value: Value

    @inlinable
    init(id: Int32, value: Value) {
      self.id = id
      self.value = value
    }
  }

  @usableFromInline var entries: [Entry] = []

  /// An empty table.
  @inlinable
  public init() {}

  /// The number of streams.
  @inlinable public var count: Int { entries.count }
  /// Whether there is none.
  @inlinable public var isEmpty: Bool { entries.isEmpty }
  /// The stream that has been there for the shortest time.
  @inlinable public var newestID: Int32? { entries.last?.id }

  /// Where a stream's value is, for `self[place:]`; until the next insertion or removal.
  @inlinable
  public func place(of id: Int32) -> Int? {
    entries.lastIndex { $0.id == id }
  }

  /// The value at a place that `place(of:)` gave.
  @inlinable
  public subscript(place place: Int) -> Value {
    _read { yield entries[place].value }
    _modify { yield &entries[place].value }
  }

  /// The value of a stream; nil for one that isn't there.
  @inlinable
  public subscript(id: Int32) -> Value? {
    place(of: id).map { entries[$0].value }
  }

  /// Adds a stream that isn't there yet.
  @inlinable
  public mutating func insert(_ value: Value, for id: Int32) {
    assert(place(of: id) == nil, "stream \(id) is there already")
    entries.append(Entry(id: id, value: value))
  }

  /// Takes a stream out and returns its value; nil when it isn't there.
  @inlinable
  @discardableResult
  public mutating func remove(_ id: Int32) -> Value? {
    place(of: id).map { entries.remove(at: $0).value }
  }

  /// Takes every stream out; the memory stays.
  @inlinable
  public mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
