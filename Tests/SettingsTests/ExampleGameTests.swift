import Settings
import Testing

@Suite struct ExampleGameTests {
  @Test func theExampleGameIsReadWithoutAProblem() throws {
    let repository = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(repository)/examples/tracker-game/game.yml"
    let game = try GameConfiguration.load(path: path, environment: [:])
    #expect(game.crunchID == "tracker-game")
    #expect(game.baseClass == "examplegame.tracker.TrackerBase")
    #expect(game.predict.timeout < game.predict.tick)
  }
}
