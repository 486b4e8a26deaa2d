using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Journal;

/// <summary>A message of the journal with all that is needed to deliver it after its sender, or the broker, has gone.</summary>
internal sealed record JournalMessage
{
    /// <summary>Its number, never used again; later messages have higher ones.</summary>
    internal required ulong Sequence { get; init; }

    /// <summary>When it was accepted, in milliseconds since 1970.</summary>
    internal required long AcceptedAt { get; init; }

    /// <summary>Owners that it was given to and that died before they had it.</summary>
    internal uint Deliveries { get; init; }

    /// <summary>Not to be tried again.</summary>
    internal bool IsSetAside { get; init; }

    /// <summary>Of its sender, when it was accepted.</summary>
    internal required PeerCredentials Credentials { get; init; }

    /// <summary>What its sender was called then: its unique name, and the names that it owned or waited for.</summary>
    internal required IReadOnlyList<string> Names { get; init; }

    /// <summary>The message as it is delivered.</summary>
    internal required byte[] Bytes { get; init; }

    internal string Sender => Names[0];

    /// <summary>Writes the payload of a <see cref="RecordKind.Message"/>.</summary>
    /// <remarks>
    /// Marshalled as D-Bus values: t sequence, x time, u deliveries, u flags, u uid, u pid, au groups, ay label; of the domain s name, s UUID, s type, as tags, u number;
    /// as names, ay message.
    /// </remarks>
    internal static byte[] Write(
        WireWriter writer, ulong sequence, long acceptedAt, uint deliveries, bool isSetAside, PeerCredentials credentials, IReadOnlyList<string> names,
        ReadOnlySpan<byte> message)
    {
        writer.Clear();
        writer.WriteUInt64(sequence);
        writer.WriteInt64(acceptedAt);
        writer.WriteUInt32(deliveries);
        MessageRecordFlags flags = (isSetAside ? MessageRecordFlags.SetAside : 0)
            | (credentials.UserId is null ? 0 : MessageRecordFlags.HasUser)
            | (credentials.ProcessId is null ? 0 : MessageRecordFlags.HasProcess)
            | (credentials.GroupIds is null ? 0 : MessageRecordFlags.HasGroups)
            | (credentials.SecurityLabel is null ? 0 : MessageRecordFlags.HasLabel)
            | (credentials.IsAnonymous ? MessageRecordFlags.IsAnonymous : 0)
            | (credentials.Domain?.Id is null ? 0 : MessageRecordFlags.HasDomainId);
        writer.WriteUInt32((uint)flags);
        writer.WriteUInt32(credentials.UserId ?? 0);
        writer.WriteUInt32((uint)(credentials.ProcessId ?? 0));
        int groups = writer.BeginArray(4);
        foreach (uint group in credentials.GroupIds ?? [])
        {
            writer.WriteUInt32(group);
        }

        writer.EndArray(groups);
        writer.WriteByteArray(credentials.SecurityLabel);
        writer.WriteString(credentials.Domain?.Name ?? "");
        writer.WriteString(credentials.Domain?.Uuid ?? "");
        writer.WriteString(credentials.Domain?.Type ?? "");
        Write(writer, credentials.Domain?.Tags ?? []);
        writer.WriteUInt32(credentials.Domain?.Id ?? 0);
        Write(writer, names);
        writer.WriteByteArray(message);
        return writer.Written.ToArray();
    }

    /// <summary>Reads such a payload.</summary>
    /// <returns>Null: it is none, whatever its checksum says.</returns>
    internal static JournalMessage? Read(ReadOnlySpan<byte> payload)
    {
        WireReader reader = new(payload, isBigEndian: false);
        ulong sequence = reader.ReadUInt64();
        long acceptedAt = reader.ReadInt64();
        uint deliveries = reader.ReadUInt32();
        MessageRecordFlags flags = (MessageRecordFlags)reader.ReadUInt32();
        uint user = reader.ReadUInt32();
        int process = (int)reader.ReadUInt32();
        List<uint> groups = [];
        int end = reader.ReadArrayStart(4);
        while (reader.MoreUntil(end))
        {
            groups.Add(reader.ReadUInt32());
        }

        byte[] label = reader.ReadByteArray().ToArray();
        DomainIdentity domain = new(Text(ref reader)) { Uuid = TextOrNone(ref reader), Type = TextOrNone(ref reader), Tags = Texts(ref reader) };
        uint domainId = reader.ReadUInt32();
        List<string> names = Texts(ref reader);
        byte[] message = reader.ReadByteArray().ToArray();
        if (!reader.AtEnd || names.Count == 0 || !IsDeliverable(message))
        {
            return null;
        }

        return new JournalMessage
        {
            Sequence = sequence,
            AcceptedAt = acceptedAt,
            Deliveries = deliveries,
            IsSetAside = flags.HasFlag(MessageRecordFlags.SetAside),
            Credentials = new PeerCredentials
            {
                UserId = flags.HasFlag(MessageRecordFlags.HasUser) ? user : null,
                ProcessId = flags.HasFlag(MessageRecordFlags.HasProcess) ? process : null,
                GroupIds = flags.HasFlag(MessageRecordFlags.HasGroups) ? groups : null,
                SecurityLabel = flags.HasFlag(MessageRecordFlags.HasLabel) ? label : null,
                IsAnonymous = flags.HasFlag(MessageRecordFlags.IsAnonymous),
                Domain = domain.Name.Length == 0 ? null
                    : domain.Name == DomainIdentity.Unknown.Name ? DomainIdentity.Unknown
                    : flags.HasFlag(MessageRecordFlags.HasDomainId) ? domain with { Id = domainId }
                    : domain,
            },
            Names = names,
            Bytes = message,
        };
    }

    private static void Write(WireWriter writer, IReadOnlyList<string> texts)
    {
        int array = writer.BeginArray(4);
        foreach (string text in texts)
        {
            writer.WriteString(text);
        }

        writer.EndArray(array);
    }

    // The checksum vouches for what was written; what is no text after all is none.
    private static string Text(ref WireReader reader)
    {
        ReadOnlySpan<byte> bytes = reader.ReadString();
        return StrictUtf8.IsValid(bytes) ? StrictUtf8.Instance.GetString(bytes) : "";
    }

    private static string? TextOrNone(ref WireReader reader) => Text(ref reader) is { Length: > 0 } text ? text : null;

    private static List<string> Texts(ref WireReader reader)
    {
        List<string> texts = [];
        int end = reader.ReadArrayStart(4);
        while (reader.MoreUntil(end))
        {
            texts.Add(Text(ref reader));
        }

        return texts;
    }

    /// <summary>A one-way message to a well-known name, and nothing else.</summary>
    private static bool IsDeliverable(ReadOnlySpan<byte> message) =>
        MessageHeader.TryParse(message, out MessageHeader header) == MessageViolation.None
        && header.Type is MessageType.MethodCall or MessageType.Signal
        && !header.ExpectsReply
        && header.Destination.IsPresent
        && header.UnixFds == 0
        && header.BodyOffset + header.BodyLength == message.Length
        && BodyValidator.Validate(message[header.BodyOffset..], header.Signature.In(message), header.IsBigEndian) == MessageViolation.None;

    [Flags]
    private enum MessageRecordFlags : uint
    {
        SetAside = 1,
        HasUser = 2,
        HasProcess = 4,
        HasGroups = 8,
        HasLabel = 16,
        IsAnonymous = 32,
        HasDomainId = 64,
    }
}
