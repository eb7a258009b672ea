import Testing

extension IntegrationTests {
  /// A partitioned `predictions` under the ORM of the Python workers.
  @Suite struct PartitionedPythonTests {
    @Test func theORMInsertsScoresAndDeletesAsInAPlainTable() async throws {
      try await withStage { stage in
        let database = try await GameDatabase.empty()
        let made = try await stage.run(
          [try BuiltProgram.updraft.path, "init-db", "--partitioned"],
          variables: database.variables)
        #expect(made.exit.isSuccess, "\(made)")
        let now = try database.rows("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
        var variables = database.variables
        variables["NOW"] = now.first
        let run = try await stage.run(
          [
            try await PythonEnvironment.bench.program("python"),
            RepositoryFile.path("Tests/IntegrationTests/Scripts/partitioned_orm.py"),
          ], variables: variables)
        #expect(run.exit.isSuccess, "\(run)")
        #expect(
          run.outputLines == [
            #"{"distributions": [{"step": 0}], "updated": 1, "mean": 0.375, "pruned": 2, "#
              + #""left": ["PRE_python_1"]}"#
          ])
        #expect(
          try database.rows("SELECT id, distributions FROM predictions")
            == [#"PRE_python_1|[{"step": 1}]"#])
      }
    }
  }
}
