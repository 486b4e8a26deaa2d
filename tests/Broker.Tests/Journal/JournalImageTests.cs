using CsCheck;
using XcpBroker.Journal;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Journal;

/// <summary>What a broker makes of the files that it finds.</summary>
internal sealed class JournalImageTests
{
    private const int Count = 6;

    // Sizes that are no multiples of 8, so that there is padding.
    private static readonly (RecordKind Kind, byte[] Payload)[] Records =
        [.. Enumerable.Range(1, Count).Select(i => (RecordKind.Message, JournalSamples.Message((ulong)i, new string((char)('a' + i), 3 * i))))];

    private static readonly byte[] Segment = JournalSamples.Segment(1, Records);

    [Test]
    public void A_message_is_read_as_it_was_written()
    {
        JournalMessage message = Read(Segment).Messages.First().Message;

        Assert.That(message.Sequence, Is.EqualTo(1));
        Assert.That(message.Names, Is.EqualTo([":1.1", "org.example.Sender"]));
        Assert.That(message.Credentials.UserId, Is.EqualTo(7));
        Assert.That(message.Credentials.ProcessId, Is.EqualTo(8));
        Assert.That(message.Credentials.GroupIds, Is.EqualTo([7u, 9u]));
        Assert.That(message.Credentials.SecurityLabel, Is.Null);
        Assert.That(JournalMessage.Read(Records[0].Payload)!.Bytes, Is.EqualTo(message.Bytes));
    }

    [Test]
    public void A_segment_that_another_program_wrote_by_the_description_reads_the_same()
    {
        JournalImage image = Read(File.ReadAllBytes(Vector("six-records.journal")));

        Assert.That(
            image.Messages.Select(entry => (entry.Message.Sequence, entry.Message.Deliveries, entry.Message.IsSetAside)),
            Is.EqualTo([(2ul, 1u, false), (3ul, 5u, true)]));
        Assert.That(image.Segments.Single(), Is.EqualTo(new SegmentFinding(1, image.Segments.Single().Bytes, 0, 0, false)));
    }

    [Test]
    public void What_is_done_is_gone_and_its_number_is_not_used_again()
    {
        JournalImage image = new();
        image.Add(1, JournalSamples.Segment(1, Records));
        image.Add(2, JournalSamples.Segment(2, (RecordKind.Done, JournalSamples.Done(1, 3, 9))));

        Assert.That(image.Messages.Select(entry => entry.Message.Sequence), Is.EqualTo([2ul, 4ul, 5ul, 6ul]));
        Assert.That((image.NextSequence, image.NextSegment), Is.EqualTo((10ul, 3ul)));
    }

    [Test]
    public void Cut_anywhere_the_messages_before_the_cut_are_there()
    {
        for (int length = 0; length <= Segment.Length; length++)
        {
            JournalImage image = Read(Segment[..length]);
            ulong[] found = [.. image.Messages.Select(entry => entry.Message.Sequence)];

            Assert.That(found, Is.EqualTo(Enumerable.Range(1, found.Length).Select(i => (ulong)i)));
            Assert.That(found, Has.Length.EqualTo(WholeBefore(length)));
        }
    }

    [Test]
    public void One_bit_that_flips_costs_one_message_and_makes_no_other()
    {
        for (int bit = SegmentFormat.HeaderLength * 8; bit < Segment.Length * 8; bit++)
        {
            byte[] damaged = [.. Segment];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            ulong[] found = [.. Read(damaged).Messages.Select(entry => entry.Message.Sequence)];

            Assert.That(found, Has.Length.GreaterThanOrEqualTo(Count - 1), $"bit {bit}");
        }
    }

    [Test]
    public void A_segment_with_another_number_or_header_is_none()
    {
        JournalImage image = new();
        image.Add(2, Segment);

        Assert.That(image.Messages, Is.Empty);
        Assert.That(image.Segments.Single().IsForeign, Is.True);
    }

    [Test]
    public void Whatever_is_changed_no_message_is_read_that_was_not_written() =>
        Gen.Select(Gen.Int[0, Segment.Length], Gen.Byte.Array[0, 200], Gen.Int[0, Segment.Length]).Sample((at, bytes, cut) =>
        {
            byte[] damaged = [.. Segment[..at], .. bytes, .. Segment[Math.Min(Segment.Length, at + cut)..]];
            foreach ((JournalMessage message, _) in Read(damaged).Messages)
            {
                byte[] original = JournalMessage.Read(Records[(int)message.Sequence - 1].Payload)!.Bytes;
                if (!original.AsSpan().SequenceEqual(message.Bytes))
                {
                    return false;
                }
            }

            return true;
        });

    [Test]
    public void A_record_inside_a_message_is_not_found_behind_damage()
    {
        // What a peer would send that knows the format, but not the salt.
        byte[] forged = JournalSamples.Segment(1, (RecordKind.Message, JournalSamples.Message(99, "forged")))[SegmentFormat.HeaderLength..];
        byte[] header = new byte[SegmentFormat.HeaderLength];
        SegmentFormat.WriteHeader(header, 1, JournalSamples.Salt + 1, 1);
        byte[] around = SegmentFormat.Frame([(RecordKind.Message, [.. forged])], JournalSamples.Salt + 1, header.Length);
        around[8] ^= 1;

        Assert.That(Read([.. header, .. around]).Messages, Is.Empty);
    }

    private static string Vector(string name)
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder.FullName, "tests/vectors")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "tests/vectors/journal", name);
    }

    private static JournalImage Read(byte[] segment)
    {
        JournalImage image = new();
        image.Add(1, segment);
        return image;
    }

    private static int WholeBefore(int length)
    {
        int count = 0;
        long end = SegmentFormat.HeaderLength;
        while (count < Count && (end += SegmentFormat.RecordLength(Records[count].Payload.Length)) <= length)
        {
            count++;
        }

        return count;
    }
}
