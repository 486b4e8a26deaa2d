using System.Buffers;
using System.Text;
using CsCheck;
using XcpBroker.Auth.Sasl;

namespace XcpBroker.Auth.Tests.Sasl;

public sealed class SaslServerTests
{
    private static readonly string[] Fragments =
    [
        "\0", "AUTH", "AUTH EXTERNAL", "AUTH EXTERNAL 30", "DATA", "DATA 30", "CANCEL", "ERROR", "BEGIN", "NEGOTIATE_UNIX_FD", "FOO", " ", "\t",
        "\r", "\n", "\r\n", "\r\n", "\r\n", "\r\n", "3", "z", "\xff", "EXTERNAL", new('F', 5000),
    ];

    private static readonly Gen<byte[]> LikelyBytes =
        Gen.OneOf(Fragments).Array[0, 40].Select(parts => Encoding.Latin1.GetBytes("\0" + string.Concat(parts)));

    [Test]
    public void Any_cut_gives_the_same_answer() =>
        Gen.Select(Gen.OneOf(Gen.Byte.Array[0, 200], LikelyBytes), Gen.Int[0, 20_000].Array[0, 5]).Sample((bytes, cuts) =>
        {
            SaslTalk whole = new();
            whole.Say(bytes);
            SaslTalk pieces = new();
            int start = 0;
            foreach (int cut in cuts.Select(cut => cut % (bytes.Length + 1)).Order())
            {
                pieces.Say(bytes.AsSpan(start, cut - start));
                start = cut;
            }

            pieces.Say(bytes.AsSpan(start));
            return whole.Heard == pieces.Heard && whole.OutcomeText == pieces.OutcomeText
                && (whole.Outcome == SaslOutcome.Disconnect || whole.Pending.AsSpan().SequenceEqual(pieces.Pending));
        });

    [Test]
    public void Nothing_is_taken_or_said_after_the_end()
    {
        SaslTalk talk = new();
        talk.Say("\0AUTH EXTERNAL 30\r\nBEGIN");
        string heard = talk.Heard;
        talk.Say("AUTH");

        Assert.That((talk.Outcome, talk.Heard), Is.EqualTo((SaslOutcome.Authenticated, heard)));
        Assert.That(talk.Pending, Is.EqualTo("AUTH\r\n"u8.ToArray()));
    }

    [Test]
    public void A_disconnected_client_stays_disconnected()
    {
        SaslTalk talk = new();
        talk.Say("\0BEGIN");
        talk.Say("AUTH EXTERNAL 30");

        Assert.That((talk.OutcomeText, talk.Heard), Is.EqualTo(("Disconnect BeginBeforeOk", "")));
    }

    [Test]
    public void No_bytes_are_no_progress()
    {
        SaslTalk talk = new();
        talk.Say([]);

        Assert.That((talk.Outcome, talk.Heard), Is.EqualTo((SaslOutcome.NeedMoreData, "")));
    }

    [Test]
    public void The_usual_handshake_allocates_the_server_alone()
    {
        byte[] said = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"u8.ToArray();
        PeerCredentials root = new() { UserId = 0 };
        SaslTerms terms = new(SaslTalk.Guid, SaslMechanisms.ExternalOnly);
        ArrayBufferWriter<byte> output = new(1024);
        _ = new SaslServer(root, terms, true).Receive(said, out _, output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        SaslServer server = new(root, terms, true);
        long afterServer = GC.GetAllocatedBytesForCurrentThread();
        SaslOutcome outcome = server.Receive(said, out int consumed, output);
        long after = GC.GetAllocatedBytesForCurrentThread();

        Assert.That((outcome, consumed, server.FdsAgreed), Is.EqualTo((SaslOutcome.Authenticated, said.Length, true)));
        Assert.That(after - afterServer, Is.Zero);
        Assert.That(afterServer - before, Is.LessThanOrEqualTo(72));
    }

    [Test]
    public void Every_listed_mechanism_is_named_when_a_client_is_rejected()
    {
        SaslTalk talk = new(mechanisms: new SaslMechanisms(new ExternalMechanism(), new CountingMechanism()));
        talk.Say("\0AUTH");

        Assert.That(talk.Heard, Is.EqualTo("REJECTED EXTERNAL COUNTING\r\n"));
    }

    [Test]
    public void A_mechanism_may_ask_again_and_its_challenge_goes_out_as_hex()
    {
        SaslTalk talk = new(mechanisms: new SaslMechanisms(new CountingMechanism()));
        talk.Say("\0AUTH COUNTING 61");
        talk.Say("DATA 6262");
        talk.Say("DATA 636363");
        talk.Say("BEGIN");

        Assert.That(talk.Heard, Is.EqualTo("DATA 31\r\nDATA 32\r\nOK {guid}\r\n"));
        Assert.That(talk.Outcome, Is.EqualTo(SaslOutcome.Authenticated));
    }

    [Test]
    public void A_second_exchange_begins_anew()
    {
        SaslTalk talk = new(mechanisms: new SaslMechanisms(new CountingMechanism()));
        talk.Say("\0AUTH COUNTING 61");
        talk.Say("CANCEL");
        talk.Say("AUTH COUNTING");
        talk.Say("DATA 6262");

        Assert.That(talk.Heard, Is.EqualTo("DATA 31\r\nREJECTED COUNTING\r\nDATA\r\nREJECTED COUNTING\r\n"));
    }

    /// <summary>Wants one byte, then two, then three.</summary>
    private sealed class CountingMechanism : SaslMechanism
    {
        public override string Name => "COUNTING";

        public override SaslExchange Begin() => new Exchange();

        private sealed class Exchange : SaslExchange
        {
            private int _responses;

            public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge)
            {
                challenge = Encoding.ASCII.GetBytes($"{++_responses}");
                return response.Length != _responses ? SaslVerdict.Rejected
                    : _responses == 3 ? SaslVerdict.Accepted
                    : SaslVerdict.Challenge;
            }
        }
    }
}
