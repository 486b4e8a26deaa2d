using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Checks every byte of a body against its signature (spec, message-protocol-marshaling).</summary>
public static class BodyValidator
{
    /// <summary>Whether the body is exactly the values its signature says.</summary>
    /// <param name="body">Begins at a multiple of 8 of its message.</param>
    /// <param name="signature">Any bytes; what is no signature is a violation.</param>
    /// <param name="isBigEndian">The message's byte order.</param>
    /// <param name="isSignatureValid">It has been found valid before, with another body.</param>
    public static MessageViolation Validate(ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature, bool isBigEndian, bool isSignatureValid = false)
    {
        if (signature.IsEmpty)
        {
            return body.IsEmpty ? MessageViolation.None : MessageViolation.TrailingBytes;
        }

        ValueValidator validator = new(body, isBigEndian);
        MessageViolation violation = validator.ValidateAll(signature, isSignatureValid);
        return violation != MessageViolation.None ? violation
            : validator.Position != body.Length ? MessageViolation.TrailingBytes
            : MessageViolation.None;
    }

    /// <summary>Checks the VARIANT that begins at <paramref name="position"/> and moves past it.</summary>
    /// <param name="bytes">Begins at a multiple of 8 of the message; ends where the value has to end at the latest.</param>
    /// <param name="isBigEndian">The message's byte order.</param>
    /// <param name="depth">Containers around the variant.</param>
    /// <param name="position">Of the variant's signature; afterwards behind the value.</param>
    internal static MessageViolation ValidateVariant(ReadOnlySpan<byte> bytes, bool isBigEndian, int depth, ref int position)
    {
        ValueValidator validator = new(bytes, isBigEndian, position);
        MessageViolation violation = validator.ValidateVariant(depth);
        position = validator.Position;
        return violation;
    }
}
