using XcpBroker.Journal;

namespace XcpBroker.Fuzz.Targets;

/// <summary>A segment of the journal: whatever its bytes, what is read from it is a message that can be delivered, and nothing is counted twice.</summary>
internal sealed class JournalTarget : IFuzzTarget
{
    public static string Name => "journal";

    public static string Corpus => "journal";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        JournalImage image = new();
        image.Add(1, input);
        SegmentFinding finding = image.Segments.Single();
        FuzzFailure.Unless(finding.Damaged + finding.Torn <= input.Length && finding.Torn >= 0, "more is damaged than there is");
        foreach ((JournalMessage message, ulong segment) in image.Messages)
        {
            FuzzFailure.Unless(segment == 1 && message.Names.Count > 0 && message.Bytes.Length > 0, "a message of nobody");
            FuzzFailure.Unless(message.Sequence == ulong.MaxValue || message.Sequence < image.NextSequence, "its number would be used again");
        }

        // What has no checksum in its way.
        _ = JournalMessage.Read(input);
    }
}
