import MigrationCore

// How much is asked of the servers, changed while the migration runs.
extension MigrationRunner {
    /// Takes effect before it returns, but for the number of lanes: what is under way has to end first.
    package func update(_ update: TransferUpdate) throws(MigrationFailure) {
        try request(.updated(update), to: "be updated")
    }

    func apply(_ update: TransferUpdate) {
        synchronizer.queue.apply(update)
        adjustLanes()
    }

    /// Where nothing is attached the next `attach` opens as many lanes as are asked for then.
    func adjustLanes() {
        guard laneTask == nil, machine.isLinked, !hasEnded, synchronizer.failure == nil, synchronizer.queue.needsLanes
        else { return }
        laneTask = Task {
            await synchronizer.adjustLanes()
            laneTask = nil
            // It may have been changed again meanwhile.
            if !Task.isCancelled { adjustLanes() }
        }
    }

    /// Before all lanes are closed, or opened anew.
    func endLaneTask() async {
        laneTask?.cancel()
        await laneTask?.value
    }
}
