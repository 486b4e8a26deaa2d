using System.Buffers.Binary;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Framer, header, body, SENDER stamp and arguments: what a bus does with every message.</summary>
internal sealed class MessageTarget : IFuzzTarget
{
    private static readonly byte[] Sender = ":1.234"u8.ToArray();

    public static string Name => "message";

    public static string Corpus => "messages";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        Check(input);
        Check(WithRightBodyLength(input));
    }

    /// <summary>The input with a body length that makes the lengths agree, so that mutation gets past the framer.</summary>
    internal static byte[] WithRightBodyLength(ReadOnlySpan<byte> input)
    {
        byte[] copy = input.ToArray();
        if (copy.Length < MessageFramer.FixedHeaderLength)
        {
            return copy;
        }

        bool isBigEndian = copy[0] == (byte)'B';
        Span<byte> at = copy.AsSpan(12);
        long fields = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
        long body = copy.Length - MessageFramer.FixedHeaderLength - ((fields + 7) & ~7L);
        if (body >= 0 && isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(4), (uint)body);
        }
        else if (body >= 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(4), (uint)body);
        }

        return copy;
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        FrameStatus status = MessageFramer.TryFrame(input, ProtocolLimits.MaxMessageBytes, out int total, out _);
        FuzzFailure.Unless(
            status != FrameStatus.Complete || total is >= MessageFramer.FixedHeaderLength and <= ProtocolLimits.MaxMessageBytes,
            "a frame of an illegal length");
        if (MessageHeader.TryParse(input, out MessageHeader header) != MessageViolation.None)
        {
            return;
        }

        FuzzFailure.Unless(header.TotalLength == input.Length && status == FrameStatus.Complete, "a message of another length");
        CheckStamp(input, in header);
        ReadOnlySpan<byte> body = input[header.BodyOffset..];
        if (BodyValidator.Validate(body, header.Signature.In(input), header.IsBigEndian) == MessageViolation.None)
        {
            CheckArguments(body, header.Signature.In(input), header.IsBigEndian);
        }
    }

    private static void CheckStamp(ReadOnlySpan<byte> input, in MessageHeader header)
    {
        byte[] stamped = new byte[SenderStamp.MaxLength(in header, Sender.Length) + header.BodyLength];
        int length = SenderStamp.Write(input, in header, Sender, stamped);
        input[header.BodyOffset..].CopyTo(stamped.AsSpan(length));
        ReadOnlySpan<byte> result = stamped.AsSpan(0, length + header.BodyLength);
        MessageViolation violation = MessageHeader.TryParse(result, out MessageHeader again);
        FuzzFailure.Unless(violation == MessageViolation.None, "a stamped message is invalid");
        FuzzFailure.Unless(!again.HasForeignFields, "a foreign field is left");
        FuzzFailure.Unless(again.Sender.In(result).SequenceEqual(Sender), "the sender is not stamped");
        FuzzFailure.Unless(
            again.Path.In(result).SequenceEqual(header.Path.In(input))
            && again.Interface.In(result).SequenceEqual(header.Interface.In(input))
            && again.Member.In(result).SequenceEqual(header.Member.In(input))
            && again.ErrorName.In(result).SequenceEqual(header.ErrorName.In(input))
            && again.Destination.In(result).SequenceEqual(header.Destination.In(input))
            && again.Signature.In(result).SequenceEqual(header.Signature.In(input))
            && again.ReplySerial == header.ReplySerial
            && again.UnixFds == header.UnixFds
            && again.Serial == header.Serial
            && again.RawType == header.RawType
            && again.Flags == header.Flags,
            "stamping changed something else");
    }

    private static void CheckArguments(ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature, bool isBigEndian)
    {
        BodyArguments arguments = new(body, signature, isBigEndian);
        int at = 0;
        for (int index = 0; index < BodyArguments.MaxArguments; index++)
        {
            byte expected = at < signature.Length ? signature[at] : (byte)0;
            bool isThere = arguments.TryGet(index, out byte type, out ReadOnlySpan<byte> value);
            FuzzFailure.Unless(isThere == at < signature.Length, "the number of arguments is wrong");
            FuzzFailure.Unless(type == (expected is (byte)'s' or (byte)'o' or (byte)'g' ? expected : 0), "an argument's type is wrong");
            FuzzFailure.Unless(expected != (byte)'s' || StrictUtf8.IsValid(value), "an argument is another value");
            at = isThere ? Signature.SkipType(signature, at) : at;
        }

        WireReader reader = new(body, isBigEndian);
        for (at = 0; at < signature.Length;)
        {
            int next = Signature.SkipType(signature, at);
            reader.SkipValue(signature[at..next]);
            at = next;
        }

        FuzzFailure.Unless(reader.AtEnd, "skipping ends elsewhere than validation");
    }
}
