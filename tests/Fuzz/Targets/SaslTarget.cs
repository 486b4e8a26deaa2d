using System.Buffers;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.CookieSha1;

namespace XcpBroker.Fuzz.Targets;

/// <summary>A conversation in one piece and cut in two is answered the same, and nobody is let in without OK.</summary>
internal sealed class SaslTarget : IFuzzTarget
{
    private const uint UserId = 0;

    private static readonly SaslTerms Terms = new(
        "0123456789abcdef0123456789abcdef",
        new SaslMechanisms(new ExternalMechanism(), new CookieSha1Mechanism(new Keyring()), new AnonymousMechanism()));

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
        SaslServer server = new(new PeerCredentials { UserId = UserId }, Terms, canPassFds: true);
        ArrayBufferWriter<byte> answer = new();
        SaslOutcome outcome = Receive(server, input[..cut], out int consumed, answer);
        if (cut < input.Length)
        {
            outcome = Receive(server, input[consumed..], out int more, answer);
            consumed += more;
        }

        return new Verdict(outcome, server.Failure, server.FdsAgreed, consumed, answer.WrittenSpan.ToArray());
    }

    /// <summary>As a connection whose keyring answers at once.</summary>
    private static SaslOutcome Receive(SaslServer server, ReadOnlySpan<byte> input, out int consumed, ArrayBufferWriter<byte> answer)
    {
        SaslOutcome outcome = server.Receive(input, out consumed, answer);
        while (outcome == SaslOutcome.Waiting)
        {
            server.Await(static () => { });
            outcome = server.Resume(answer);
            if (outcome == SaslOutcome.NeedMoreData)
            {
                outcome = server.Receive(input[consumed..], out int more, answer);
                consumed += more;
            }
        }

        return outcome;
    }

    private sealed class Keyring : ICookieSource
    {
        public void Find(string user, Action<CookieOffer?> found) =>
            found(user.Length == 1 ? new CookieOffer("org_freedesktop_general", new Cookie(1, 2, "abcd"), "00", 0, null) : null);
    }

    private sealed record Verdict(SaslOutcome Outcome, SaslFailure Failure, bool FdsAgreed, int Consumed, byte[] Answer);
}
