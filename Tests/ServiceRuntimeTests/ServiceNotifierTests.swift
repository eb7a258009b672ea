import Glibc
import Testing

@testable import ServiceRuntime

@Suite struct ServiceNotifierTests {
  @Test(arguments: [false, true])
  func readinessStatusWatchdogAndStopReachTheSocket(abstract: Bool) throws {
    let listener = try Listener(abstract: abstract)
    let notifier = try ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.name])
    #expect(notifier.isActive)
    notifier.ready(status: "20 models\nconnected")
    notifier.watchdog()
    notifier.status("round 7")
    notifier.stopping()
    #expect(listener.receive() == "READY=1\nSTATUS=20 models\\nconnected")
    #expect(listener.receive() == "WATCHDOG=1")
    #expect(listener.receive() == "STATUS=round 7")
    #expect(listener.receive() == "STOPPING=1")
    #expect(notifier.lostCount == 0)
  }

  @Test func withoutTheVariableNothingIsSentAndNothingIsLost() throws {
    let notifier = try ServiceNotifier(environment: ["WATCHDOG_USEC": "5"])
    notifier.ready(status: "up")
    #expect(!notifier.isActive)
    #expect(notifier.lostCount == 0)
    #expect(notifier.watchdogInterval == nil)
  }

  @Test func aSocketThatWentAwayOrIsFullIsCountedAndDoesNotBlock() throws {
    let listener = try Listener(abstract: true)
    let notifier = try ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.name])
    for _ in 0..<2_000 { notifier.watchdog() }
    #expect(notifier.lostCount > 0)
    let whenFull = notifier.lostCount
    listener.closeNow()
    notifier.watchdog()
    #expect(notifier.lostCount == whenFull + 1)
  }

  @Test(arguments: ["relative/path", "/", "@" + String(repeating: "x", count: 108), "/a\0b"])
  func anAddressThatIsNoneIsRefusedByName(address: String) {
    let failure = #expect(throws: StartFailure.self) {
      try ServiceNotifier(environment: ["NOTIFY_SOCKET": address])
    }
    #expect(failure?.exitCode == .wrongConfiguration)
    #expect(failure?.description.contains("NOTIFY_SOCKET=") == true)
  }

  @Test func theLongestAddressesFit() throws {
    let abstract = "@" + String(repeating: "x", count: 107)
    #expect(try ServiceNotifier(environment: ["NOTIFY_SOCKET": abstract]).isActive)
    let path = "/" + String(repeating: "x", count: 106)
    #expect(try ServiceNotifier(environment: ["NOTIFY_SOCKET": path]).isActive)
    #expect(throws: StartFailure.self) {
      try ServiceNotifier(environment: ["NOTIFY_SOCKET": path + "x"])
    }
  }

  @Test func theWatchdogIsMeantForUsOnlyWithOurProcessID() throws {
    func interval(_ extra: [String: String]) throws -> Duration? {
      let base = ["NOTIFY_SOCKET": "@updraft-test"]
      return try ServiceNotifier(environment: base.merging(extra) { $1 }).watchdogInterval
    }
    #expect(try interval([:]) == nil)
    #expect(try interval(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
    let mine = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": String(getpid())]
    #expect(try interval(mine) == .seconds(30))
    #expect(try interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
    #expect(try interval(["WATCHDOG_USEC": "0"]) == nil)
    #expect(try interval(["WATCHDOG_USEC": "soon"]) == nil)
  }
}

/// A datagram socket like systemd's.
private final class Listener {
  let name: String
  private var descriptor: Int32
  private let folder: String?

  init(abstract: Bool) throws {
    if abstract {
      name = "@updraft-notify-\(getpid())-\(UInt64.random(in: 0 ... .max))"
      folder = nil
    } else {
      var template = Array("/tmp/updraft-notify-XXXXXX".utf8CString)
      let made = mkdtemp(&template).map { String(cString: $0) }
      let path = try #require(made)
      folder = path
      name = path + "/socket"
    }
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let address = try #require(SocketAddress(notifySocket: name))
    let socket = descriptor
    try #require(address.withPointer { bind(socket, $0, $1) } == 0)
  }

  /// The next datagram; it has been sent before, so there is nothing to wait for.
  func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  func closeNow() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  deinit {
    closeNow()
    if let folder {
      unlink(name)
      rmdir(folder)
    }
  }
}
