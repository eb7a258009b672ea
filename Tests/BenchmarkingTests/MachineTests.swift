import Testing

@testable import Benchmarking

struct MachineTests {
  @Test func theMachineIsReadFromProc() {
    let machine = Machine(
      cpuinfo: "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n", meminfo: "MemTotal: 1024 kB\n",
      loadavg: "0.52 0.58 0.59 1/257 1234\n", kernel: "6.1.0\n", cores: 2)
    #expect(machine.processor == "Some CPU @ 3 GHz" && machine.memoryBytes == 1_048_576)
    #expect(machine.load == 0.52 && machine.kernel == "6.1.0")
    #expect(Machine(machine.json) == machine)
    #expect(Machine.current.cores >= 1 && Machine.current.memoryBytes > 0)
  }

  @Test func aProcessWhoseNameHoldsAnythingIsRead() throws {
    let numbers = (3...52).map { "\($0)" }.joined(separator: " ")
    let sample = try #require(
      ProcessSample(
        stat: "42 (a) b (c) S \(numbers)", status: "VmHWM:\t 200 kB\nVmRSS:\t 100 kB\n",
        ticksPerSecond: 100))
    // utime is field 14, stime 15; S is field 3.
    #expect(sample.cpuSeconds == 0.27)
    #expect(sample.residentBytes == 102_400 && sample.residentPeakBytes == 204_800)
    #expect(ProcessSample(stat: "", status: "", ticksPerSecond: 100) == nil)
  }
}
