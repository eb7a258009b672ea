import Competition
import Testing

@Test func shardsPartTheModelsWithoutGapOrOverlap() throws {
  let models = (1...2_000).map { ModelID("\($0)") }
  for count in [1, 2, 3, 7] {
    let shards = try (1...count).map { try #require(Shard(text: "\($0)/\(count)")) }
    for model in models { #expect(shards.filter { $0.owns(model) }.count == 1) }
    for shard in shards {
      let share = models.filter { shard.owns($0) }.count
      #expect(abs(share - 2_000 / count) < 2_000 / count / 4 + 1)
    }
  }
}

@Test func aFurtherShardTakesModelsAndMovesNoOthers() throws {
  let old = try (1...3).map { try #require(Shard(text: "\($0)/3")) }
  let new = try (1...4).map { try #require(Shard(text: "\($0)/4")) }
  for model in (1...500).map({ ModelID("\($0)") }) where !new[3].owns(model) {
    #expect(old.firstIndex { $0.owns(model) } == new.firstIndex { $0.owns(model) })
  }
}

@Test func theShardsRostersTogetherAreTheRosterForAnyIdsAndCounts() throws {
  var random = SeededNumbers(seed: 20_261_122)
  for count in 1...16 {
    let roster = Set((0..<300).map { _ in ModelID(String(random.next(), radix: 36)) })
    let shards = try (1...count).map { try #require(Shard(text: "\($0)/\(count)")) }
    let rosters = shards.map { shard in roster.filter { shard.owns($0) } }
    #expect(rosters.reduce(into: Set()) { $0.formUnion($1) } == roster)
    #expect(rosters.reduce(0) { $0 + $1.count } == roster.count)
  }
}

@Test func fromThreeShardsToFourAboutAQuarterOfTheModelsMoves() throws {
  let old = try (1...3).map { try #require(Shard(text: "\($0)/3")) }
  let new = try (1...4).map { try #require(Shard(text: "\($0)/4")) }
  let models = (1...4_000).map { ModelID("model-\($0)") }
  let moved = models.filter { model in
    old.firstIndex { $0.owns(model) } != new.firstIndex { $0.owns(model) }
  }
  #expect((900...1_100).contains(moved.count), "\(moved.count) of 4000")
}

/// Marsaglia's xorshift: the same numbers every time.
private struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

@Test(arguments: ["", "1", "0/1", "2/1", "1/0", "a/b", "1/2/3", "1/1001", "-1/2"])
func shardRefusesWhatIsNoPart(text: String) { #expect(Shard(text: text) == nil) }
