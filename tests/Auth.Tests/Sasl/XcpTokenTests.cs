using System.Buffers;
using System.Text;
using CsCheck;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;

namespace XcpBroker.Auth.Tests.Sasl;

/// <summary>The conversation of XCP_TOKEN, from both sides. docs/xcp-token.md has the same numbers.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class XcpTokenTests
{
    private const string Name = "nfs-1";
    private const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string HexName = "6e66732d31";
    private const string ServerNonce = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string ClientNonce = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
    private const string HexGuid = "3031323334353637383961626364656630313233343536373839616263646566";
    private const string ClientProof = "e2fb8a7b25d92185fb43eca3e473aaf150200ffcdaefc90e0aa25111c5ccaed8";
    private const string ServerProof = "eb2b5c73d419aab80467755b1e0a5562b80af135ef6b8e6eb8a4b1e356db7729";

    private readonly FakeDomains _domains = new();
    private readonly SaslServer _server;
    private readonly SaslTalk _talk;

    public XcpTokenTests()
    {
        _server = NewServer();
        _talk = new SaslTalk(_server);
    }

    [Test]
    public void Byte_by_byte()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");
        _talk.Say("DATA");
        _talk.Say("BEGIN");

        Assert.That(_talk.Heard, Is.EqualTo($"DATA {HexGuid}{ServerNonce}\r\nDATA {ServerProof}\r\nOK {{guid}}\r\n"));
        Assert.That(_talk.Outcome, Is.EqualTo(SaslOutcome.Authenticated));
        Assert.That(_server.Identity, Is.EqualTo(new PeerCredentials { Domain = _domains.Known.Domain }));
    }

    [TestCase(0, Description = "its own comes first")]
    [TestCase(1)]
    [TestCase(3)]
    public void Any_secret_of_the_domain_proves_it_and_the_one_that_did_says_which_time_it_runs(int others)
    {
        for (uint domid = 1; domid <= others; domid++)
        {
            _domains.Others.Add(new DomainSecret(new DomainIdentity(Name) { Id = domid }, Encoding.ASCII.GetBytes(new string((char)('a' + domid), 32))));
        }

        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");
        _talk.Say("DATA");
        _talk.Say("BEGIN");

        Assert.That(_talk.Heard, Does.Contain($"DATA {ServerProof}\r\n"));
        Assert.That(_server.Identity.Domain, Is.SameAs(_domains.Known.Domain));
    }

    [Test]
    public void The_name_may_come_after_AUTH()
    {
        _talk.Say("\0AUTH XCP_TOKEN");
        _talk.Say($"DATA {HexName}");

        Assert.That(_talk.Heard, Is.EqualTo($"DATA\r\nDATA {HexGuid}{ServerNonce}\r\n"));
    }

    [Test]
    public void The_proof_alone_lets_nobody_in()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");
        _talk.Say("BEGIN");

        Assert.That(_talk.Outcome, Is.EqualTo(SaslOutcome.Disconnect));
    }

    [Test]
    public void Behind_the_buss_proof_only_an_empty_answer_is_one()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");
        _talk.Say("DATA 00");

        Assert.That(_talk.Heard, Does.EndWith("REJECTED XCP_TOKEN\r\n"));
    }

    [TestCase("", Description = "nothing")]
    [TestCase("{nonce}", Description = "no proof")]
    [TestCase("{nonce}{proof}00", Description = "too long")]
    [TestCase("{proof}", Description = "no nonce")]
    [TestCase("{proof}{nonce}", Description = "the wrong way round")]
    [TestCase("{nonce}{server's proof}", Description = "the other side's proof")]
    [TestCase("{nonce+1}{proof}", Description = "the proof of another nonce")]
    [TestCase("{nonce}{zeros}", Description = "no proof at all")]
    public void Any_other_proof_is_rejected_when_its_time_has_come(string answer)
    {
        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {answer.Replace("{nonce}", ClientNonce).Replace("{proof}", ClientProof).Replace("{server's proof}", ServerProof).Replace("{nonce+1}", "21" + ClientNonce[2..]).Replace("{zeros}", new string('0', 64))}");
        Assert.That((_talk.Outcome, _talk.Heard), Is.EqualTo((SaslOutcome.Waiting, $"DATA {HexGuid}{ServerNonce}\r\n")));

        _talk.Resume(_domains.Release);

        Assert.That(_talk.Heard, Does.EndWith("REJECTED XCP_TOKEN\r\n"));
        Assert.That(_domains.Failures, Is.EqualTo(new[] { Name }));
    }

    [Test]
    public void A_proof_is_worth_nothing_in_the_next_conversation()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");
        Assert.That(_talk.Heard, Does.EndWith($"DATA {ServerProof}\r\n"));

        _domains.NextNonce = 1;
        SaslTalk replay = new(NewServer());
        replay.Say($"\0AUTH XCP_TOKEN {HexName}");
        replay.Say($"DATA {ClientNonce}{ClientProof}");

        Assert.That(replay.Outcome, Is.EqualTo(SaslOutcome.Waiting));
    }

    [Test]
    public void Nor_after_a_second_AUTH_in_the_same_one()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {HexName}");
        _talk.Say("CANCEL");
        _domains.NextNonce = 1;
        _talk.Say($"AUTH XCP_TOKEN {HexName}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");

        Assert.That(_talk.Outcome, Is.EqualTo(SaslOutcome.Waiting));
    }

    [Test]
    public void An_unknown_domain_is_asked_as_a_known_one_and_rejected_in_the_same_words()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {Convert.ToHexStringLower("nfs-2"u8)}");
        _talk.Say($"DATA {ClientNonce}{ClientProof}");
        Assert.That((_talk.Outcome, _talk.Heard), Is.EqualTo((SaslOutcome.Waiting, $"DATA {HexGuid}{ServerNonce}\r\n")));

        _talk.Resume(_domains.Release);

        Assert.That(_talk.Heard, Does.EndWith("REJECTED XCP_TOKEN\r\n"));
        Assert.That(_domains.Failures, Is.EqualTo(new string?[] { null }));
    }

    [TestCase("ff", Description = "no UTF-8")]
    [TestCase("6e00", Description = "NUL")]
    public void A_name_that_is_no_text_is_rejected(string hexName)
    {
        _talk.Say($"\0AUTH XCP_TOKEN {hexName}");

        Assert.That(_talk.Heard, Is.EqualTo("REJECTED XCP_TOKEN\r\n"));
    }

    [Test]
    public void A_name_of_256_bytes_is_rejected()
    {
        _talk.Say($"\0AUTH XCP_TOKEN {string.Concat(Enumerable.Repeat("61", 256))}");

        Assert.That(_talk.Heard, Is.EqualTo("REJECTED XCP_TOKEN\r\n"));
    }

    /// <summary>The client of this library and the server of this library.</summary>
    [Test]
    public void Client_and_server_understand_each_other_whatever_the_secret() => Gen.Select(
        Gen.Char[' ', '~'].Array[1, 40], Gen.Char['!', '~'].Array[32, 100], Gen.Byte.Array[32]).Sample((name, secret, nonce) =>
        {
            FakeDomains domains = new(new string(name), new string(secret));
            SaslClient client = new(new XcpTokenClient(new string(name), Encoding.ASCII.GetBytes(secret), nonce), SaslTalk.Guid);
            SaslServer server = NewServer(domains);
            return Converse(client, server, (_, line) => line) == (SaslClientOutcome.Authenticated, SaslOutcome.Authenticated)
                && server.Identity.Domain == domains.Known.Domain && client.Guid == SaslTalk.Guid;
        });

    // Neither as it is, nor as a text in hexadecimal digits, nor as the bytes that its own digits stand for.
    [Test]
    public void The_secret_is_in_nothing_that_either_side_says()
    {
        List<string> said = [];
        SaslClient client = new(new XcpTokenClient(Name, Encoding.ASCII.GetBytes(Secret), Convert.FromHexString(ClientNonce)), null);
        _ = Converse(client, NewServer(new FakeDomains()), (_, line) =>
        {
            said.Add(Encoding.Latin1.GetString(line));
            return line;
        });

        Assert.That(said, Has.Count.GreaterThanOrEqualTo(6));
        Assert.That(string.Concat(said), Does.Not.Contain(Secret[..16]).IgnoreCase.And.Not.Contain(Convert.ToHexString(Encoding.ASCII.GetBytes(Secret[..16]))).IgnoreCase);
    }

    /// <summary>A man in the middle who changes any one bit of what either side says.</summary>
    [Test]
    public void One_bit_changed_on_the_way_and_nobody_is_let_in() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2000]).Sample((message, position) =>
    {
        SaslClient client = new(new XcpTokenClient(Name, Encoding.ASCII.GetBytes(Secret), Convert.FromHexString(ClientNonce)), null);
        SaslServer server = NewServer(new FakeDomains());
        int count = 0;
        (SaslClientOutcome ofClient, SaslOutcome ofServer) = Converse(client, server, (_, line) => count++ == message ? Flip(line, position) : line);
        return ofClient != SaslClientOutcome.Authenticated || ofServer != SaslOutcome.Authenticated;
    });

    private static byte[] Flip(byte[] line, int position)
    {
        byte[] changed = [.. line];
        int start = Math.Max(0, Array.LastIndexOf(changed, (byte)' ')) + 1;
        int digits = Math.Max(1, changed.Length - start - 2);
        int at = Math.Min(start + (position % digits), changed.Length - 1);
        changed[at] = changed[at] switch
        {
            >= (byte)'0' and <= (byte)'9' => (byte)('0' + ((changed[at] - '0' + 1) % 10)),
            >= (byte)'a' and <= (byte)'f' => (byte)('a' + ((changed[at] - 'a' + 1) % 6)),
            _ => (byte)(changed[at] ^ 1),
        };
        return changed;
    }

    private static (SaslClientOutcome OfClient, SaslOutcome OfServer) Converse(SaslClient client, SaslServer server, Func<bool, byte[], byte[]> onTheWay)
    {
        ArrayBufferWriter<byte> fromClient = new();
        ArrayBufferWriter<byte> fromServer = new();
        client.Begin(fromClient);
        SaslClientOutcome ofClient = SaslClientOutcome.NeedMoreData;
        SaslOutcome ofServer = SaslOutcome.NeedMoreData;
        while (fromClient.WrittenCount > 0)
        {
            byte[] said = onTheWay(true, fromClient.WrittenSpan.ToArray());
            fromClient.Clear();
            ofServer = server.Receive(said, out _, fromServer);
            if (ofServer == SaslOutcome.Waiting)
            {
                ofServer = server.Resume(fromServer);
            }

            if (fromServer.WrittenCount > 0 && ofClient == SaslClientOutcome.NeedMoreData)
            {
                byte[] answered = onTheWay(false, fromServer.WrittenSpan.ToArray());
                fromServer.Clear();
                ofClient = client.Receive(answered, out _, fromClient);
            }
        }

        return (ofClient, ofServer);
    }

    private SaslServer NewServer() => NewServer(_domains);

    private static SaslServer NewServer(FakeDomains domains) => new(
        PeerCredentials.Unknown,
        new SaslTerms(SaslTalk.Guid, new SaslMechanisms(new XcpTokenMechanism(SaslTalk.Guid, domains, domains, domains.Random))),
        canPassFds: false);

    private sealed class FakeDomains(string name = Name, string secret = Secret) : IDomainSecrets, ITokenFailures
    {
        private Action? _reject;

        internal DomainSecret Known { get; } = new(new DomainIdentity(name), Encoding.ASCII.GetBytes(secret));

        internal List<string?> Failures { get; } = [];

        internal byte NextNonce { get; set; }

        public IReadOnlyList<DomainSecret> Find(string domain) => domain == Known.Domain.Name ? [.. Others, Known] : [];

        internal List<DomainSecret> Others { get; } = [];

        public void Delay(string? domain, Action reject)
        {
            Failures.Add(domain);
            _reject = reject;
        }

        internal byte[] Random(int count) => [.. Enumerable.Range(NextNonce, count).Select(number => (byte)number)];

        internal void Release() => _reject!();
    }
}
