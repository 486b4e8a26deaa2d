using XcpBroker.Journal;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Journal;

/// <summary>The journal in a real directory.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class JournalFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("journal").FullName;
    private readonly ListLogger _log = new();

    [Test]
    public void What_was_written_is_there_again()
    {
        using (JournalFiles files = Open(out _))
        {
            JournalWritten written = files.Write(Batch(1, 2));
            Assert.That((written.Error, written.Segment), Is.EqualTo(((string?)null, 1ul)));
        }

        using JournalFiles again = Open(out JournalImage image);
        Assert.That(Sequences(image), Is.EqualTo([1ul, 2ul]));
    }

    [Test]
    public void A_new_life_begins_a_new_segment()
    {
        Open(out _, Batch(1)).Dispose();
        using JournalFiles again = Open(out _);

        Assert.That(again.Write(Batch(2)).Segment, Is.EqualTo(2));
    }

    [Test]
    public void Two_brokers_do_not_share_a_journal()
    {
        using JournalFiles files = Open(out _);

        Assert.That(JournalFiles.Open(_directory, _log, out _), Is.Null);
        Assert.That(_log.Lines.Single().Text, Does.Contain("cannot be used"));
    }

    [Test]
    public void A_torn_tail_is_cut_and_said_once()
    {
        Open(out _, Batch(1, 2)).Dispose();
        string file = Directory.GetFiles(_directory, "*.journal").Single();
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^5]);
        Open(out JournalImage image).Dispose();
        Open(out _).Dispose();

        Assert.That(Sequences(image), Is.EqualTo([1ul]));
        Assert.That(_log.Lines.Select(line => line.Text), Has.Exactly(1).Contains("are cut off"));
    }

    [Test]
    public void A_damaged_record_is_said_and_the_others_are_taken()
    {
        Open(out _, Batch(1, 2, 3)).Dispose();
        string file = Directory.GetFiles(_directory, "*.journal").Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        using JournalFiles files = Open(out JournalImage image);

        Assert.That(Sequences(image), Is.EqualTo([1ul, 3ul]));
        Assert.That(_log.Lines.Select(line => line.Text), Has.Exactly(1).Contains("damaged"));
    }

    [TestCase(true, ".journal.damaged")]
    [TestCase(false, null)]
    public void A_segment_goes_or_is_set_apart(bool isKept, string? left)
    {
        using JournalFiles files = Open(out _, Batch(1));
        JournalBatch removal = new();
        removal.Removals.Add(new SegmentRemoval(1, isKept));
        files.Write(removal);

        Assert.That(Directory.GetFiles(_directory, "*.journal"), Is.Empty);
        Assert.That(Directory.GetFiles(_directory, "*" + (left ?? ".journal")), Has.Length.EqualTo(left is null ? 0 : 1));
    }

    [Test]
    public void A_directory_that_cannot_be_written_is_an_error_and_nothing_else()
    {
        using JournalFiles files = Open(out _);
        Directory.Delete(_directory, recursive: true);

        Assert.That(files.Write(Batch(1)).Error, Is.Not.Null);
        Directory.CreateDirectory(_directory);
        Assert.That(files.Write(Batch(1)).Error, Is.Null);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static JournalBatch Batch(params ulong[] sequences)
    {
        JournalBatch batch = new() { NeedsSync = true, NextSequence = 1 };
        foreach (ulong sequence in sequences)
        {
            batch.Records.Add((RecordKind.Message, JournalSamples.Message(sequence, "argument")));
        }

        return batch;
    }

    private static IEnumerable<ulong> Sequences(JournalImage image) => image.Messages.Select(entry => entry.Message.Sequence);

    private JournalFiles Open(out JournalImage image, JournalBatch? batch = null)
    {
        JournalFiles files = JournalFiles.Open(_directory, _log, out image)!;
        _ = batch is null ? default : files.Write(batch);
        return files;
    }
}
