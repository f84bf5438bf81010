import FoundationEssentials
import Glibc
import MigrationCore
import Testing

@testable import MigrationEngine

/// A shell script stands for the worker: what it was given is what a worker would be given.
@Suite(.timeLimit(.minutes(1))) struct WorkerProcessTests {
    private static let takeLock = "exec 9>>$4/$2/lock; flock -n 9; echo $$ >$4/$2/lock\n"
    private static let live = takeLock + "exec sleep 600\n"

    private let sample: SampleJournal
    private let script: String

    init() throws {
        sample = try SampleJournal()
        script = sample.temporary.path + "/worker.sh"
    }

    @Test func aWorkerIsDetachedAndItsSecretsComeThroughThePipeAlone() async throws {
        let strayed = fcntl(STDIN_FILENO, F_DUPFD, 777)
        defer { close(strayed) }
        let tell = "{ echo \"$0|$*\"; cat; env; ls /proc/$$/fd; } >$4/$2/given.new; mv $4/$2/given.new $4/$2/given\n"
        let secrets = WorkerSecrets(sourcePassword: "s3cret\"\n", targetPassword: "t4rget")
        let worker = try start(tell + Self.live, secrets)
        defer { end(worker) }
        #expect(try await eventually { access(sample.folder.path + "/given", F_OK) == 0 })
        let given = try read("given")
        let lines = given.split(separator: "\n")
        #expect(lines[0].hasSuffix("|worker \(sample.plan.id) --journal \(sample.root.path)"))
        #expect(lines[1] == #"{"earlier":{},"source_password":"s3cret\"\n","target_password":"t4rget"}"#)
        #expect(lines.contains("COLOUR=blue"))
        #expect(!given.contains("hidden"))
        #expect(lines.contains("2") && !lines.contains("\(strayed)"), "descriptors")
        #expect(getsid(pid_t(worker.processID)) == pid_t(worker.processID))
        let journal = String(decoding: try sample.eventBytes(), as: UTF8.self)
        #expect(!journal.contains("s3cret") && !journal.contains("t4rget"))
    }

    @Test func itsOutputIsInTheLog() async throws {
        let worker = try start("echo out; echo err >&2\nexit 3\n")
        guard case .ended(let contents) = try await worker.waitUntilReady(status: { nil }) else {
            Issue.record("it cannot be running")
            return
        }
        #expect(try read("worker.log") == "out\nerr\n")
        let log = sample.folder.workerLog
        #expect(contents.status.note == "the worker ended by itself with exit status 3; \(log) says why")
    }

    @Test func aWorkerThatAnswersIsRunning() async throws {
        let worker = try start(Self.live)
        defer { end(worker) }
        let ready = MigrationStatus(plan: sample.plan, phase: .initialSync, at: Samples.start)
        guard case .running(let status) = try await worker.waitUntilReady(status: { ready }) else {
            Issue.record("it has not ended")
            return
        }
        #expect(status == ready)
        #expect(sample.folder.workerProcessID == worker.processID)
    }

    @Test func theAnswerOfAnotherDoesNotCount() async throws {
        let (other, _) = try Journal.open(sample.folder)
        let worker = try start("exec sleep 600\n")
        defer { end(worker) }
        let answer = MigrationStatus(plan: sample.plan, phase: .liveSync, at: Samples.start)
        let result = try await worker.waitUntilReady(timeout: .milliseconds(300)) { answer }
        guard case .running(let status) = result else {
            Issue.record("it has not ended")
            return
        }
        #expect(status.phase == .preparing, "the journal's word, not the other's")
        withExtendedLifetime(other) {}
    }

    @Test func aWorkerThatIsKilledHasEnded() async throws {
        let worker = try start(Self.takeLock + "kill -9 $$\n")
        guard case .ended(let contents) = try await worker.waitUntilReady(status: { nil }) else {
            Issue.record("it cannot be running")
            return
        }
        #expect(contents.status.note?.contains("signal 9") == true)
        #expect(try await eventually { !sample.folder.isLive })
    }

    @Test func theReasonInTheJournalComesFirst() async throws {
        try sample.append([.workerStarted(processID: 1), .failed(Samples.failure)])
        let worker = try start("exit 1\n")
        guard case .ended(let contents) = try await worker.waitUntilReady(status: { nil }) else {
            Issue.record("it cannot be running")
            return
        }
        #expect(contents.status.error == Samples.failure)
        #expect(contents.status.note == nil)
    }

    @Test func whatCannotBeStartedIsNamed() throws {
        #expect(throws: WorkerError.cannotStart(what: sample.folder.workerLog, code: ENOENT)) {
            try WorkerProcess.start(
                sample.plan,
                in: sample.root,
                secrets: WorkerSecrets(),
                environment: [:],
                executable: script
            )
        }
    }

    @Test func secretsAreReadAsTheyWereGiven() throws {
        for secrets in [WorkerSecrets(), WorkerSecrets(sourcePassword: "p\u{0}é\n", targetPassword: "")] {
            let end = try secrets.pipe()
            defer { close(end) }
            #expect(try WorkerSecrets.read(from: end) == secrets)
            #expect(throws: WorkerError.noSecrets) { try WorkerSecrets.read(from: end) }
        }
        let long = WorkerSecrets(sourcePassword: String(repeating: "x", count: 1 << 20))
        #expect(throws: WorkerError.secretsTooLong) { try long.pipe() }
    }

    private func start(
        _ text: String,
        _ secrets: WorkerSecrets = WorkerSecrets()
    ) throws -> WorkerProcess {
        // Another process writes the script: where we had it open for writing, a child that another test starts just
        // then would still have it, and the kernel runs no file that is being written (ETXTBSY).
        try Data(("#!/bin/sh\n" + text).utf8).write(to: URL(filePath: script + ".text"))
        try #require(try run("install", "--mode=700", script + ".text", script) == 0)
        let environment = [
            "PATH": "/usr/bin:/bin", "COLOUR": "blue", "FERRITE_MIGRATE_TARGET_PASSWORD": "hidden1",
            "SOURCE_PASSWORD": "hidden2",
        ]
        return try WorkerProcess.start(
            sample.plan,
            in: sample.root,
            secrets: secrets,
            environment: environment,
            executable: script
        )
    }

    private func end(_ worker: WorkerProcess) {
        kill(pid_t(worker.processID), SIGKILL)
        waitpid(pid_t(worker.processID), nil, 0)
    }

    private func read(_ name: String) throws -> String {
        String(decoding: try JournalFile.read(sample.folder.path + "/" + name) ?? [], as: UTF8.self)
    }
}
