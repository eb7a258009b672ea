import Settings
import GameSetup
import Logging
import Rounds
import ServiceRuntime
import Storage
import Synchronization

/// The worker's place in the game: one worker plays each part, a second one waits here.
struct WorkerPlace {
  private let lease: GameLease
  private let stop: StopRequest
  private let log: LeaseLog
  private let loss: Loss

  /// Begins to ask for the part that the settings name.
  ///
  /// - Throws: `StartFailure` when the settings of the database are wrong or the system gives no
  ///   thread.
  init(
    _ settings: GameConfiguration, _ notifier: ServiceNotifier, _ stop: StopRequest,
    _ logger: Logger
  ) throws {
    let log = LeaseLog(shard: settings.predict.shard, logger: logger)
    let loss = Loss()
    do {
      lease = try GameLease(
        try DatabaseConfiguration(settings.database), crunchID: settings.crunchID,
        shard: settings.predict.shard, logger: logger
      ) { event in
        log.write(event)
        switch event {
        // A waiting worker is up: systemd must not end it for being late.
        case .waiting(let holder): notifier.ready(status: "waiting for \(holder)")
        case .lost(let holder):
          loss.note(holder)
          stop.request()
        case .acquired, .regained, .interrupted, .waitInterrupted: break
        }
      }
    } catch {
      throw StartFailure("\(error)", exitCode: .wrongConfiguration)
    }
    self.stop = stop
    self.log = log
    self.loss = loss
  }

  /// Waits for the place, runs `body` and gives the place back; when a stop is requested first,
  /// `body` doesn't run.
  ///
  /// - Throws: what `body` throws; `StartFailure` when the database isn't there, or when another
  ///   worker has taken the place meanwhile.
  func whileHeld(_ body: () async throws -> Void) async throws {
    do {
      if try await acquire() { try await body() }
    } catch {
      await lease.release()
      throw error
    }
    await lease.release()
    if let holder = loss.holder {
      throw StartFailure(
        "another worker plays this part of the game now: \(holder)",
        remedy: "start this one again, and it waits for its turn", exitCode: .superseded)
    }
  }

  private func acquire() async throws -> Bool {
    let action = stop.whenRequested { [lease] in lease.cancel() }
    defer { stop.forget(action) }
    do {
      let isHeld = try await lease.acquire()
      if !isHeld { log.writeStop() }
      return isHeld
    } catch {
      throw StartFailure("\(error)", exitCode: .unavailable)
    }
  }
}

/// Who has taken the place, if anybody.
private final class Loss: Sendable {
  private let taker = Mutex<LeaseHolder?>(nil)

  var holder: LeaseHolder? { taker.withLock { $0 } }

  func note(_ holder: LeaseHolder) { taker.withLock { $0 = holder } }
}
