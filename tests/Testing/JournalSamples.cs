using XcpBroker.Auth;
using XcpBroker.Journal;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Testing;

/// <summary>Segments of a journal, as the broker writes them.</summary>
internal static class JournalSamples
{
    internal const ulong Salt = 0x1234_5678_9abc_def0;

    /// <summary>The payload of a message record.</summary>
    internal static byte[] Message(ulong sequence, string argument)
    {
        MessageBuilder builder = new();
        builder.Begin(new MessageFields
        {
            Type = MessageType.Signal,
            Flags = MessageFlags.NoReplyExpected,
            Path = "/a",
            Interface = "org.example.Interface",
            Member = "Do",
            Destination = "org.example.Durable",
            Sender = ":1.1",
            Signature = "s",
        });
        builder.Body.WriteString(argument);
        PeerCredentials credentials = new() { UserId = 7, ProcessId = 8, GroupIds = [7, 9] };
        return JournalMessage.Write(new WireWriter(), sequence, 1_000, 0, isSetAside: false, credentials, [":1.1", "org.example.Sender"], builder.Finish(1));
    }

    /// <summary>The payload of a record that lists messages.</summary>
    internal static byte[] Done(params ulong[] sequences)
    {
        WireWriter writer = new();
        foreach (ulong sequence in sequences)
        {
            writer.WriteUInt64(sequence);
        }

        return writer.Written.ToArray();
    }

    internal static byte[] Segment(ulong number, params (RecordKind Kind, byte[] Payload)[] records)
    {
        byte[] header = new byte[SegmentFormat.HeaderLength];
        SegmentFormat.WriteHeader(header, number, Salt, 1);
        return [.. header, .. SegmentFormat.Frame(records, Salt, header.Length)];
    }
}
