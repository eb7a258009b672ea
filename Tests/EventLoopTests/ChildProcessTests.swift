import Competition
import EventLoop
import Glibc
import Testing

private struct Finished: Sendable {
  var lines: [String]
  var exit: ChildExit?
}

/// Runs a shell script as a child and returns its lines and end.
private func runScript(_ script: String, then signal: Int32? = nil) async throws -> Finished {
  let thread = try LoopThread(name: "child")
  let finished = await withCheckedContinuation { done in
    Task(executorPreference: thread.executor) {
      let lines = Shelf<[String]>()
      lines.item = []
      let child = Shelf<ChildProcess>()
      var options = ChildProcessOptions(executable: "/bin/sh", arguments: ["-c", script])
      options.environment = ["GREETING": "hello", "PATH": "/usr/bin:/bin"]
      options.workingDirectory = "/"
      do {
        child.item = try ChildProcess.start(options, on: thread.loop) { line in
          lines.item?.append(line)
          if let signal, line == "ready" { child.item?.send(signal) }
        } exited: { exit in
          child.item = nil
          done.resume(returning: Finished(lines: lines.item ?? [], exit: exit))
        }
      } catch {
        done.resume(returning: Finished(lines: ["\(error)"], exit: nil))
      }
    }
  }
  #expect(await thread.stop() == 0)
  return finished
}

@Test func aChildsLinesArriveBeforeItsEnd() async throws {
  let result = try await runScript("echo $GREETING; pwd; echo oops >&2; printf tail; exit 3")
  #expect(result.exit == ChildExit(code: 3, signal: 0))
  #expect(Set(result.lines) == ["hello", "/", "oops", "tail"])
}

@Test func aSignalReachesTheWholeGroup() async throws {
  let result = try await runScript("sleep 600 & echo ready; wait", then: SIGKILL)
  #expect(result.exit?.signal == SIGKILL)
}

@Test func aGrandchildThatKeepsThePipesOpenDoesNotDelayTheEnd() async throws {
  let result = try await runScript("sleep 600 & echo started $!; exit 0")
  #expect(result.exit?.isSuccess == true)
  let line = try #require(result.lines.first)
  let pid = try #require(Int32(line.split(separator: " ")[1]))
  #expect(kill(pid, 0) == 0, "the grandchild was meant to outlive its parent")
  kill(pid, SIGKILL)
}

@Test func aLongLineIsCutAndTheNextOneIsWhole() async throws {
  let result = try await runScript("head -c 20000 /dev/zero | tr '\\0' x; echo; echo next")
  #expect(result.lines.count == 2)
  #expect(result.lines.first?.utf8.count == 8_192 + " […]".utf8.count)
  #expect(result.lines.last == "next")
}

@Test func aMissingProgramIsNamed() async throws {
  let thread = try LoopThread(name: "child")
  let text = await thread.run { loop -> String in
    do {
      _ = try ChildProcess.start(
        ChildProcessOptions(executable: "/nonexistent/program"), on: loop, line: { _ in },
        exited: { _ in })
      return "started"
    } catch {
      return "\(error)"
    }
  }
  #expect(text.contains("/nonexistent/program") && text.contains("ENOENT"))
  #expect(await thread.stop() == 0)
}

@Test func childrenGetEverySignalAgainThatTheLoopsThreadIsKeptFrom() async throws {
  let result = try await runScript("grep SigBlk /proc/self/status")
  #expect(result.lines == ["SigBlk:\t0000000000000000"])
}

/// Runs a script with a limit on its output and counts the bytes of its lines.
private func readBytes(_ script: String, perSecond: Int?) async throws -> (bytes: Int, exit: Bool) {
  let thread = try LoopThread(name: "child")
  let result = await withCheckedContinuation { done in
    Task(executorPreference: thread.executor) {
      let bytes = Shelf<Int>()
      bytes.item = 0
      let child = Shelf<ChildProcess>()
      var options = ChildProcessOptions(executable: "/bin/sh", arguments: ["-c", script])
      options.outputBytesPerSecondMax = perSecond
      do {
        child.item = try ChildProcess.start(options, on: thread.loop) { line in
          bytes.item? += line.utf8.count + 1
        } exited: { exit in
          child.item = nil
          done.resume(returning: (bytes.item ?? 0, exit.isSuccess))
        }
      } catch {
        done.resume(returning: (-1, false))
      }
    }
  }
  #expect(await thread.stop() == 0)
  return result
}

@Test func aChildThatWritesFasterThanItIsReadWaits() async throws {
  let started = MonotonicInstant.now()
  let script = "yes 0123456789012345678901234567890123456789012345678 | head -c 1000000 >&2"
  let (bytes, isSuccess) = try await readBytes(script, perSecond: 1_000_000)
  #expect(bytes == 1_000_000 && isSuccess, "nothing is lost")
  // Lines of 50 bytes count as 100; what the pipe holds is read at the child's end.
  #expect(MonotonicInstant.now().since(started) > .milliseconds(1_000))
}

@Test func aProcessThatNeverStopsWritingDoesNotHoldTheEndUp() async throws {
  let started = MonotonicInstant.now()
  let (bytes, isSuccess) = try await readBytes("yes & sleep 0.1; exit 0", perSecond: 100_000)
  #expect(isSuccess)
  #expect(bytes < 1 << 20)
  #expect(MonotonicInstant.now().since(started) < .seconds(20))
}
