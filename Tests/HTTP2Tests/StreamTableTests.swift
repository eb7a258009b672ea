import Testing

@testable import HTTP2

@Suite struct StreamTableTests {
  /// Streams 1, 3 and 5 with a text each.
  private func three() -> StreamTable<String> {
    var table = StreamTable<String>()
    for id: Int32 in [1, 3, 5] { table.insert("stream \(id)", for: id) }
    return table
  }

  @Test func everyStreamIsFoundByItsIDAndNoOther() {
    let table = three()
    #expect(table.count == 3 && !table.isEmpty && table.newestID == 5)
    #expect(table[1] == "stream 1" && table[3] == "stream 3" && table[5] == "stream 5")
    #expect(table[7] == nil && table.place(of: 0) == nil)
  }

  @Test func aStreamIsTakenOutOnceAndTheOthersStay() {
    var table = three()
    #expect(table.remove(3) == "stream 3")
    #expect(table.remove(3) == nil)
    #expect(table[1] == "stream 1" && table[5] == "stream 5" && table.count == 2)
    #expect(table.remove(5) == "stream 5" && table.newestID == 1)
    table.removeAll()
    #expect(table.isEmpty && table.newestID == nil && table[1] == nil)
  }

  @Test func aValueIsChangedInItsPlace() throws {
    var table = three()
    let place = try #require(table.place(of: 3))
    table[place: place] += ", again"
    #expect(table[3] == "stream 3, again" && table[1] == "stream 1")
  }
}
