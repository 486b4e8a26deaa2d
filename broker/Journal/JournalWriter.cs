using XcpBroker.Loop;

namespace XcpBroker.Journal;

/// <summary>Writes the journal's files beside the bus loop, one batch at a time.</summary>
internal sealed class JournalWriter(JournalFiles files, BusLoop loop, Action<Action> runElsewhere) : IJournalStore
{
    public void Write(JournalBatch batch, Action<JournalWritten> done) => runElsewhere(() =>
    {
        JournalWritten written = files.Write(batch);
        loop.Schedule(_ => done(written), null);
    });
}

/// <summary>A journal that a bus begins with.</summary>
/// <param name="Store">Where it goes on.</param>
/// <param name="Image">What is in it.</param>
internal sealed record JournalStart(IJournalStore Store, JournalImage Image);
