using System.Buffers;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;

namespace XcpBroker.Fuzz.Targets;

/// <summary>A conversation in one piece and cut in two is answered the same, and nobody is let in without the kernel's uid.</summary>
internal sealed class SaslTarget : IFuzzTarget
{
    private const uint UserId = 0;

    public static string Name => "sasl";

    public static string Corpus => "sasl";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        Verdict whole = Talk(input, input.Length);
        int cut = input.Length == 0 ? 0 : (input[^1] + (256 * input[input.Length / 2])) % (input.Length + 1);
        Verdict pieces = Talk(input, cut);
        FuzzFailure.Unless(whole.Answer.AsSpan().SequenceEqual(pieces.Answer), "the answer depends on the cut");
        FuzzFailure.Unless(
            (whole.Outcome, whole.Failure, whole.FdsAgreed) == (pieces.Outcome, pieces.Failure, pieces.FdsAgreed), "the outcome depends on the cut");
        FuzzFailure.Unless(
            whole.Outcome == SaslOutcome.Disconnect || whole.Consumed == pieces.Consumed, "what is taken depends on the cut");
        FuzzFailure.Unless((whole.Outcome == SaslOutcome.Disconnect) == (whole.Failure != SaslFailure.None), "a failure without disconnect");
        FuzzFailure.Unless(
            whole.Outcome != SaslOutcome.Authenticated || whole.Answer.AsSpan().IndexOf("OK "u8) >= 0, "authenticated without OK");
    }

    private static Verdict Talk(ReadOnlySpan<byte> input, int cut)
    {
        SaslServer server = new(new PeerCredentials { UserId = UserId }, "0123456789abcdef0123456789abcdef", canPassFds: true);
        ArrayBufferWriter<byte> answer = new();
        SaslOutcome outcome = server.Receive(input[..cut], out int consumed, answer);
        if (cut < input.Length)
        {
            outcome = server.Receive(input[consumed..], out int more, answer);
            consumed += more;
        }

        return new Verdict(outcome, server.Failure, server.FdsAgreed, consumed, answer.WrittenSpan.ToArray());
    }

    private sealed record Verdict(SaslOutcome Outcome, SaslFailure Failure, bool FdsAgreed, int Consumed, byte[] Answer);
}
