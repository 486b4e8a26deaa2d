using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Signature and body from the same bytes: byte 0 says how long the signature is, byte 1 is the order mark.</summary>
internal sealed class BodyTarget : IFuzzTarget
{
    public static string Name => "body";

    public static string Corpus => "bodies";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2 || input.Length - 2 < input[0])
        {
            return;
        }

        ReadOnlySpan<byte> signature = input.Slice(2, input[0]);
        ReadOnlySpan<byte> body = input[(2 + input[0])..];
        bool isBigEndian = input[1] == (byte)'B';
        bool isSignature = Signature.IsValid(signature);
        MessageViolation violation = BodyValidator.Validate(body, signature, isBigEndian);
        FuzzFailure.Unless(isSignature || violation != MessageViolation.None, "a body of no signature is valid");
        FuzzFailure.Unless(
            !isSignature || violation == BodyValidator.Validate(body, signature, isBigEndian, isSignatureValid: true), "a signature that is known changes the verdict");
        Walk(body, signature, isBigEndian, mustSucceed: violation == MessageViolation.None);
    }

    private static void Walk(ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature, bool isBigEndian, bool mustSucceed)
    {
        WireReader reader = new(body, isBigEndian);
        int at = 0;
        while (at < signature.Length && !reader.Failed)
        {
            int next = Signature.SkipType(signature, at);
            if (next < 0)
            {
                reader.SkipValue(signature[at..]);
                return;
            }

            reader.SkipValue(signature[at..next]);
            at = next;
        }

        FuzzFailure.Unless(!mustSucceed || reader.AtEnd, "a valid body cannot be walked");
    }
}
