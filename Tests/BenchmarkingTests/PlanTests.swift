import Testing

@testable import Benchmarking

struct PlanTests {
  @Test func everyScenariosDefaultsAreAccepted() {
    for scenario in Scenario.allCases { #expect(BenchPlan(scenario).problem == nil) }
  }

  @Test func whatIsWrongIsNamed() {
    func problem(_ change: (inout BenchPlan) -> Void) -> String? {
      var plan = BenchPlan(.fanout)
      change(&plan)
      return plan.problem
    }
    #expect(problem { $0.models = 0 }?.hasPrefix("--models:") == true)
    #expect(problem { $0.models = BenchPlan.modelsMax } == nil)
    #expect(problem { $0.models = BenchPlan.modelsMax + 1 }?.contains("20000") == true)
    #expect(problem { $0.hangFraction = 1.5 }?.hasPrefix("--hang-fraction:") == true)
    #expect(
      problem { ($0.hangFraction, $0.failFraction) = (0.6, 0.6) }?.contains("together") == true)
    #expect(problem { $0.rate = 0 }?.hasPrefix("--rate:") == true)
    #expect(problem { $0.timeoutMillis = 0 }?.hasPrefix("--timeout:") == true)
    #expect(problem { $0.faultRate = .nan }?.hasPrefix("--fault-rate:") == true)
  }

  @Test func aPlanSurvivesItsJSON() throws {
    var plan = BenchPlan(.soak)
    (plan.models, plan.rate, plan.isSecure, plan.seed) = (7, 2.5, true, .max)
    #expect(BenchPlan(plan.json) == plan)
    #expect(BenchPlan(["scenario": "unheard-of"]) == nil)
  }

  @Test func plansThatAskAnotherQuestionAreToldApart() {
    var plan = BenchPlan(.fanout)
    (plan.rounds, plan.runs) = (99, 9)
    #expect(plan.differences(from: BenchPlan(.fanout)) == [])
    plan.replyBytes = 1
    #expect(plan.differences(from: BenchPlan(.fanout)) == ["reply_bytes"])
  }
}
