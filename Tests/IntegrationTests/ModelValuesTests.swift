import Competition
import JSON
import ModelRunner
import Testing

extension IntegrationTests {
  /// What goes to pip's model runner and what comes back.
  @Suite struct ModelValuesTests {
    private static let methods = PythonModels.folder("methods")

    @Test func everyKindOfArgumentArrivesAtTheModel() async throws {
      try await PythonGame.play(["m": Self.methods]) {
        $0.instanceArguments = [
          CallArgument(.string("naïve \u{1f680}")), CallArgument(.int(-7)),
          CallArgument(.json(#"{"a": [1, null]}"#), keyword: "third"),
        ]
      } _: { game in
        let made: JSONValue = [
          "first": ["str", "naïve \u{1f680}"], "second": ["int", -7],
          "third": ["dict", ["a": [1, .null]]],
        ]
        #expect(try await game.json("setup_arguments") == made)

        let positional: [CallArgument] = [
          CallArgument(.string("")), CallArgument(.int(.min)), CallArgument(.double(0.1)),
        ]
        let described: JSONValue = [["str", ""], ["int", .int(.min)], ["float", 0.1]]
        #expect(try await game.json("describe", positional) == described)

        let mixed: [CallArgument] = [
          CallArgument(.json("[true, 1.5]")), CallArgument(.string("x=y"), keyword: "third"),
          CallArgument(.int(1), keyword: "unknown to the method"),
        ]
        let dropped: JSONValue = [["list", [true, 1.5]], ["NoneType", .null], ["str", "x=y"]]
        #expect(try await game.json("describe", mixed) == dropped)

        let file = try await game.ask("parquet")
        let bytes = try #require(file.value).bytes.array
        #expect(file.value?.type == .parquet)
        #expect(bytes.prefix(4) == Array("PAR1".utf8)[...])
        let frame: JSONValue = [
          ["DataFrame", ["asset": ["BTC", "ETH"], "price": [1.5, 2.5]]],
          ["NoneType", .null], ["NoneType", .null],
        ]
        #expect(try await game.json("describe", [CallArgument(.parquet(bytes))]) == frame)

        // The runner knows these on the wire but doesn't take them.
        for value in [ArgumentValue.none, .arrow([1, 2, 3])] {
          let refused = try await game.ask("describe", [CallArgument(value)])
          #expect(refused.status == .failed)
          #expect(refused.detail?.contains("Unsupported data type") == true)
        }
        let nobody = try await game.cluster.call("describe", on: .only([]), timeout: .seconds(5))
        #expect(nobody.results.isEmpty)
      }
    }

    @Test func everyKindOfResultComesBack() async throws {
      try await PythonGame.play(["m": Self.methods]) { game in
        let values: [(method: String, type: VariantType, value: ArgumentValue)] = [
          ("integer", .int, .int(.min)), ("boolean", .int, .int(1)),
          ("fraction", .double, .double(0.1)), ("text", .string, .string("naïve \u{1f680} \0")),
          ("dictionary", .json, .json(#"{"b": [1, 2.5, null, true], "a": {"nested": "\u00e9"}}"#)),
          ("specials", .json, .json("[NaN, Infinity, -Infinity, 1e+308, -0.0]")),
          ("lone_surrogate", .json, .json(#"["\ud800"]"#)), ("nul", .json, .json(#"["a\u0000b"]"#)),
        ]
        for (method, type, value) in values {
          let result = try await game.ask(method)
          #expect(result.status == .success, "\(method): \(result.detail ?? "")")
          #expect(result.value?.type == type, "\(method)")
          #expect(try result.value?.decoded() == value, "\(method)")
          #expect(result.detail == nil)
          #expect(result.execTimeMicros > 0)
        }
        let none = try await game.ask("none")
        #expect(none.status == .success && none.value == nil)
        let number = try #require(try await game.ask("not_a_number").value)
        guard case .double(let double) = try number.decoded() else {
          throw MissingPrerequisite("a float is a DOUBLE")
        }
        #expect(double.isNaN)
        #expect(throws: ReplyValueError.self) { try number.jsonText() }
        // Larger than one frame and one window of a default HTTP/2 connection.
        let large = try await game.ask("large", [CallArgument(.int(1_000_000))])
        #expect(large.value?.bytes.count == 1_000_000)
      }
    }

    @Test func aModelsFaultsAreItsOwnAndNamed() async throws {
      try await PythonGame.play(["m": Self.methods]) { game in
        let raised = try await game.ask("raises", [CallArgument(.string("naïve reason"))])
        #expect(raised.status == .failed)
        #expect(raised.detail == "MODEL_FAILED: The model raised an exception: naïve reason")
        for method in ["tuple_of_two", "too_big", "broken_text"] {
          #expect(try await game.ask(method).status == .failed, "\(method)")
        }

        let hung = try await game.ask(
          "hangs", [CallArgument(.double(1.5))], timeout: .milliseconds(200))
        #expect(hung.status == .timeout)
        #expect(hung.detail?.hasPrefix("DEADLINE_EXCEEDED") == true, "\(hung.detail ?? "")")
        let busy = try await game.ask("count")
        #expect(busy.status == .timeout)
        #expect(busy.detail?.contains("Server busy") == true, "\(busy.detail ?? "")")
        let count = try await game.stage.eventually("the model serves again") {
          let again = try await game.ask("count")
          return again.status == .success ? again.value : nil
        }
        // The answer of the call that was given up is nobody's.
        #expect(try count.decoded() == .int(1))

        let missing = try await game.ask("no_such_method")
        #expect(missing.status == .failed)
        #expect(missing.detail?.hasPrefix("BAD_IMPLEMENTATION") == true)
        let report = try await game.stage.eventually("the model is reported") {
          game.orchestrator.reports.first
        }
        #expect(report.code == .badImplementation && report.modelID == ModelID("m"))
        #expect(await game.cluster.models().isEmpty, "and called no more")
      }
    }

    @Test func aModelThatEndsInACallIsATimeoutAndTheOthersAnswer() async throws {
      try await PythonGame.play(["a": Self.methods, "b": Self.methods]) { game in
        let ends = try EncodedCall("exits", [CallArgument(.int(3))])
        let counts = try EncodedCall("count")
        let round = await game.cluster.call(
          .perModel { $0.modelID == ModelID("a") ? ends : counts }, timeout: .seconds(60))
        #expect(round.results.map(\.status) == [.timeout, .success])
        #expect(round.results.first?.detail?.hasPrefix("UNAVAILABLE") == true)
        #expect(round.wallTime < .seconds(50), "its end is seen, not its deadline")
        let exit = try await game.stage.eventually("its process ends") {
          await game.models.programs[0].exit
        }
        #expect(exit.code == 3)
        let next = try await game.cluster.call(
          "count", on: .only([ModelID("b")]), timeout: .seconds(60))
        #expect(try next.results.first?.value?.decoded() == .int(2))
      }
    }

    @Test func faultsOfSetupAreReportedAndHoldUpNobody() async throws {
      let names = ["failing-setup", "no-subclass", "syntax-error"]
      try await PythonGame.play([
        "failing-setup": PythonModels.folder("failing-setup"), "methods": Self.methods,
        "no-subclass": PythonModels.folder("no-subclass"),
        "syntax-error": PythonModels.folder("syntax-error"),
      ]) { game in
        #expect(try await game.ask("count").model.modelID == ModelID("methods"))
        let reports = try await game.stage.eventually("all three are reported") {
          let reports = game.orchestrator.reports
          return reports.count >= names.count ? reports : nil
        }
        let codes = Dictionary(
          reports.map { ($0.modelID.rawValue, $0.code) }, uniquingKeysWith: { first, _ in first })
        #expect(
          codes == [
            "failing-setup": .multipleFailed, "no-subclass": .badImplementation,
            "syntax-error": .badImplementation,
          ])
        #expect(reports.contains { $0.reason?.contains("no weights found") == true })
      }
    }
  }
}
