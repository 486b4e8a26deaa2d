using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Tests.Support;

/// <summary>What a bus says of a whole message: header first, then body.</summary>
internal static class Verdict
{
    internal static MessageViolation Of(ReadOnlySpan<byte> message)
    {
        MessageViolation violation = MessageHeader.TryParse(message, out MessageHeader header);
        return violation != MessageViolation.None
            ? violation
            : BodyValidator.Validate(message[header.BodyOffset..], header.Signature.In(message), header.IsBigEndian);
    }
}
