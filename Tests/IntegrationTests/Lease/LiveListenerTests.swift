import GatewayTestSupport
import Glibc
import Testing

extension IntegrationTests {
  /// `examples/live-listener` on real rounds and notifications.
  @Suite struct LiveListenerTests {
    @Test func itPrintsALineARoundAndMissesNoneWhenItsSessionBreaks() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        try insertRound(second: 1, into: database)
        let listener = try await stage.start(
          [
            try await PythonEnvironment.listener.program("python"),
            RepositoryFile.path("examples/live-listener/live_listener.py"), "--crunch",
            Game.crunchID,
          ], variables: database.variables)
        try await stage.wait("it listens") { listener.errors.contains("listening") }

        try insertRound(second: 2, into: database)
        try notify(
          """
          {"round":"20261122_110002.820","crunch":"\(Game.crunchID)","shard":"1/1","asset":"BTC",
           "counts":{"SUCCESS":1,"FAILED":1},"stored_ms":35.2,"something_new":[1]}
          """, database)
        let line = try await self.line("11:00:02.820", of: listener, on: stage)
        #expect(line.contains("1/1  BTC 10/2  success 1  failed 1"))
        #expect(line.contains("p50 12 ms"))
        #expect(line.contains("stored after 35 ms  rows 2  fastest good"))

        // Fields are missing, or it is no object at all: the table says what is new.
        for (second, payload) in [(3, "{}"), (4, "no JSON"), (5, "[7]")] {
          try insertRound(second: second, into: database)
          try notify(payload, database)
          let line = try await self.line("11:00:0\(second).820", of: listener, on: stage)
          #expect(!line.contains("stored after"))
        }

        try database.execute(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'live-listener' AND datname = current_database()
          """)
        try insertRound(second: 6, into: database)
        _ = try await self.line("11:00:06.820", of: listener, on: stage)
        #expect(listener.errors.contains("the database is away"))
        let seconds = listener.output.split(separator: "\n").map { $0.dropFirst(17).prefix(2) }
        #expect(seconds == ["02", "03", "04", "05", "06"], "each once, what was there is no news")
        await listener.signal(SIGTERM)
        #expect(try await stage.end(of: listener).exit.isSuccess)
      }
    }

    private func line(
      _ text: String, of listener: Program, on stage: Stage
    ) async throws -> String {
      try await stage.eventually("a line with \(text)") {
        listener.output.split(separator: "\n").first { $0.contains(text) }.map(String.init)
      }
    }

    private func notify(_ payload: String, _ database: GameDatabase) throws {
      try database.execute("SELECT pg_notify('updraft_round', $json$\(payload)$json$)")
    }

    /// A round of two models as storage leaves it, one good, one bad.
    private func insertRound(second: Int, into database: GameDatabase) throws {
      let time = "2026-11-22 11:00:0\(second).820"
      try database.execute(
        """
        INSERT INTO models (crunch_identifier, name, deployment_identifier,
          player_crunch_identifier, player_name, scores_by_param)
        SELECT id, id, id, 'c', 'Cruncher', '[]' FROM unnest(ARRAY['good', 'bad']) AS id
        ON CONFLICT DO NOTHING;
        INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time,
          distributions, performed_at, resolvable_at)
        SELECT 'PRE_' || id || '_\(second)', id, 'BTC', 10, 2,
          CASE id WHEN 'good' THEN 'SUCCESS' ELSE 'FAILED' END, 1000, 'null', '\(time)',
          timestamp '\(time)' + interval '10 s' FROM unnest(ARRAY['good', 'bad']) AS id;
        INSERT INTO updraft_rounds (performed_at, shard, asset, horizon, step, wall_ms, success,
          failed, timeout, absent, stored_at, latency_p50_ms, models)
        VALUES ('\(time)', '1/1', 'BTC', 10, 2, 15, 1, 1, 0, 0, now() AT TIME ZONE 'UTC', 12.2,
          '{"good":["SUCCESS",1000],"bad":["FAILED",1000]}')
        """)
    }
  }
}
