using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Domains;

/// <summary>Domains on a network: who is which, and what becomes of the others when one floods, freezes or is cut off.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DomainNetworkTests : IDisposable
{
    private const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string ByAddress = " identity=\"address\"";
    private const string Bus = "org.freedesktop.DBus";

    private const string Open = """
        <policy domain="*"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
        """;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private DomainNetwork? _network;

    [SetUp]
    public void Only_root_can_make_networks()
    {
        using Process attempt = Process.Start("unshare", ["--net", "true"]);
        attempt.WaitForExit();
        Assume.That(attempt.ExitCode, Is.Zero, "only root, with all its capabilities, can make network namespaces");
    }

    public void Dispose() => _network?.Dispose();

    [Test]
    public void Where_the_network_vouches_for_addresses_a_stock_client_is_its_domain()
    {
        DomainNetwork network = Make("nfs", "web");
        network.Start(network.Element("nfs") + network.Element("web") + Open, ByAddress);
        string ask = $"exec dbus-send --bus=$BUS --dest={Bus} --print-reply=literal / {Bus}.GetConnectionCredentials string:org.example.S";
        using RawPeer service = network.Connect("nfs");
        RequestName(service, "org.example.S");

        Assert.That(network.Run("web", ask).Output, Does.Contain("DomainName").And.Contain("nfs").And.Not.Contain("UnixUserID"));
        Assert.That(network.Run("web", $"exec busctl --address=$BUS list --no-legend").Output, Does.Contain("org.example.S"));
        Assert.That(network.Run("web", $"exec busctl --address=$BUS call {Bus} / {Bus} GetConnectionUnixUser s org.example.S").Error, Does.Contain("user"));
    }

    [Test]
    public void Who_sends_from_anothers_address_gets_no_answer_and_from_an_unknown_one_no_identity()
    {
        DomainNetwork network = Make("nfs", "web", "other");
        network.Start(network.Element("nfs") + network.Element("web") + Open, ByAddress);
        network.AddAddress("web", network.AddressOf("nfs"));
        Assert.That(network.TryOpen("web", network.AddressOf("nfs"), Soon), Is.Null, "what the host sends to that address goes to who has it");
        using RawPeer real = network.Connect("nfs");
        Assert.That(DomainOf(real, real.UniqueName), Is.EqualTo("nfs"));

        using RawPeer stranger = network.TryOpen("other")!;
        stranger.Send("\0AUTH EXTERNAL 30\r\n"u8);
        Assert.That(stranger.ReceiveLine(), Does.StartWith("REJECTED"));
    }

    [Test]
    public void Where_nobody_vouches_for_it_an_address_proves_nothing()
    {
        DomainNetwork network = Make("nfs");
        network.Start(network.Element("nfs") + Open);
        using RawPeer peer = network.TryOpen("nfs")!;
        peer.Send("\0AUTH EXTERNAL 30\r\n"u8);

        Assert.That(peer.ReceiveLine(), Does.StartWith("REJECTED").And.Not.Contain("EXTERNAL"));
    }

    [Test]
    public void A_token_proves_a_domain_wherever_it_comes_from_and_neither_a_wrong_one_nor_a_replayed_proof_does()
    {
        DomainNetwork network = Make("nfs", "web");
        WriteToken(network, "nfs");
        network.Start("<domain name=\"nfs\" token-file=\"nfs\"/><domain name=\"web\"/>" + Open);
        using RawPeer peer = network.TryOpen("web")!;
        string proof = Prove(peer, "nfs", Secret);
        peer.Send("BEGIN\r\n"u8);
        peer.Hello();
        Assert.That(DomainOf(peer, peer.UniqueName), Is.EqualTo("nfs"));

        using RawPeer replaying = network.TryOpen("web")!;
        _ = Challenge(replaying, "nfs");
        replaying.Send(Encoding.ASCII.GetBytes($"DATA {proof}\r\n"));
        Assert.That(replaying.ReceiveLine(), Does.StartWith("REJECTED"));
        foreach ((string name, string secret) in new[] { ("nfs", Secret.Replace('f', 'e')), ("web", Secret), ("none", Secret) })
        {
            using RawPeer wrong = network.TryOpen("web")!;
            Assert.That(() => Prove(wrong, name, secret), Throws.InvalidOperationException.With.Message.StartsWith("REJECTED"), name);
        }

        Assert.That(network.Log, Does.Not.Contain(Secret));
    }

    [Test]
    public void Stock_clients_prove_their_domain_by_its_cookie_where_no_address_does()
    {
        DomainNetwork network = Make("nfs", "web");
        WriteToken(network, "nfs");
        network.Start(network.Element("nfs", attributes: "token-file=\"nfs\"") + network.Element("web") + Open);
        string make = $"export HOME={network.In("home")}; mkdir -p $HOME; $B cookie --token-file={network.In("nfs")} && ";
        string dbusSend = $"exec dbus-send --bus=$BUS --dest={Bus} --print-reply=literal / {Bus}.ListNames";
        string gdbus = $"exec gdbus call --address $BUS --dest {Bus} --object-path / --method {Bus}.ListNames";

        Assert.That(network.Run("nfs", dbusSend).Output, Is.Empty, "without a cookie");
        ShellResult libdbus = network.Run("nfs", make + dbusSend);
        Assert.That(libdbus.Output, Does.Contain(Bus), libdbus.Error);
        ShellResult gio = network.Run("nfs", make + gdbus);
        Assert.That(gio.Output, Does.Contain(Bus), gio.Error);
        Assert.That(network.Run("web", make + dbusSend).Output, Is.Empty, "the cookie of another domain");
        Assert.That(network.Run("nfs", $"{make} sed -i s/.$/x/ $HOME/.dbus-keyrings/org_xen_xcp; {dbusSend}").Output, Is.Empty, "a wrong one");
    }

    [Test]
    public void A_domain_that_floods_the_bus_keeps_no_other_from_being_served()
    {
        DomainNetwork network = Make("bad", "good");
        network.Start(network.Element("bad", "<limit name='max_messages_per_second'>1000</limit>") + network.Element("good") + Open, ByAddress);
        using RawPeer service = network.Connect("good");
        RequestName(service, "org.example.S");
        using CancellationTokenSource end = new();
        Task serving = Serve(service, end.Token);
        Task[] floods = [.. Enumerable.Range(0, 8).Select(_ => Flood(network, end.Token))];
        using RawPeer host = RawPeer.Connect(network.Address);
        for (int i = 0; i < 500; i++)
        {
            PeerMessage answer = host.Call(CallOf("org.example.S", "Echo", "s"), body => body.WriteString($"call {i}"));
            Assert.That(answer.FirstString, Is.EqualTo($"call {i}"));
        }

        Assert.That(() => Counter(host, "InputsPaced"), Is.Positive.After(30).Seconds.PollEvery(20).MilliSeconds, "it is a flood");
        using RawPeer newcomer = network.Connect("good");
        Assert.That(DomainOf(newcomer, newcomer.UniqueName), Is.EqualTo("good"), "nor from coming in");
        end.Cancel();
        Task.WaitAll([serving, .. floods]);
    }

    [Test]
    public void A_call_into_a_domain_whose_cable_is_out_waits_and_arrives_if_it_is_back_within_grace()
    {
        DomainNetwork network = Make("nfs");
        network.Start(network.Element("nfs", attributes: "grace=\"60\"") + Open, ByAddress);
        using RawPeer service = network.Connect("nfs");
        RequestName(service, "org.example.S");
        using RawPeer host = RawPeer.Connect(network.Address);
        network.Cut("nfs");
        uint serial = host.NextSerial();
        host.Send(CallOf("org.example.S", "Do"), serial);
        Assert.That(host.TryReceive(Soon), Is.Null, "it has not failed");
        network.Plug("nfs");

        PeerMessage call = service.Receive(TimeSpan.FromSeconds(60));
        service.Send(ReplyTo(call), service.NextSerial());
        Assert.That(host.ReceiveReply(serial).ErrorName, Is.Null);
    }

    [Test]
    public void A_domain_whose_cable_stays_out_is_gone_after_its_grace_and_what_waits_for_its_name_waits_for_it()
    {
        DomainNetwork network = Make("nfs");
        Directory.CreateDirectory(network.In("services"));
        File.WriteAllText(network.In("services/s.service"), "[D-BUS Service]\nName=org.example.S\nX-XCP-Domain=nfs\nX-XCP-Buffer=yes\nX-XCP-BufferTimeout=60\n");
        network.Start(network.Element("nfs", attributes: "grace=\"2\"") + "<servicedir>services</servicedir>" + Open, ByAddress);
        RawPeer service = network.Connect("nfs");
        RequestName(service, "org.example.S");
        using RawPeer host = RawPeer.Connect(network.Address);
        _ = host.Call(RawPeer.Bus("AddMatch", "s"), body => body.WriteString($"type='signal',sender='{Bus}',member='NameOwnerChanged',arg0='org.example.S'"));
        network.Cut("nfs");
        uint lost = host.NextSerial();
        host.Send(CallOf("org.example.S", "Lost"), lost);
        Assert.That(host.ReceiveReply(lost, TimeSpan.FromSeconds(30)).ErrorName, Is.EqualTo($"{Bus}.Error.NoReply"), "it may have been read");
        Assert.That(host.Call(RawPeer.Bus("NameHasOwner", "s"), body => body.WriteString("org.example.S")).Body[0], Is.Zero);
        uint waiting = host.NextSerial();
        host.Send(CallOf("org.example.S", "Later"), waiting);
        Assert.That(host.Call(RawPeer.Bus("RequestName", "su"), body => Name(body, "org.example.S")).ErrorName, Is.EqualTo($"{Bus}.Error.AccessDenied"), "nobody else is it meanwhile");

        network.Plug("nfs");
        service.Dispose();
        using RawPeer again = network.Connect("nfs");
        uint request = again.NextSerial();
        again.Send(RawPeer.Bus("RequestName", "su"), request, body => Name(body, "org.example.S"));
        PeerMessage call = again.Receive();
        while (call.Member != "Later")
        {
            call = again.Receive();
        }

        again.Send(ReplyTo(call), again.NextSerial());
        Assert.That(host.ReceiveReply(waiting).ErrorName, Is.Null);
    }

    [Test]
    public void A_peer_that_is_frozen_is_reported_and_its_calls_wait_until_it_thaws()
    {
        DomainNetwork network = Make("nfs");
        network.Start(network.Element("nfs", attributes: "grace=\"1\"") + Open, ByAddress);
        using RawPeer service = network.Connect("nfs");
        RequestName(service, "org.example.S");
        using RawPeer host = RawPeer.Connect(network.Address);
        _ = host.Call(RawPeer.Bus("AddMatch", "s"), body => body.WriteString("type='signal',interface='org.xen.xcp.Broker1',member='Unresponsive'"));
        uint serial = host.NextSerial();
        host.Send(CallOf("org.example.S", "Do"), serial);
        PeerMessage report = host.Receive(TimeSpan.FromSeconds(20));
        Assert.That((report.Member, report.FirstString), Is.EqualTo(("Unresponsive", service.UniqueName)));
        Assert.That(host.TryReceive(Soon), Is.Null);

        PeerMessage call = service.Receive();
        while (call.Member != "Do")
        {
            call = service.Receive();
        }

        service.Send(ReplyTo(call), service.NextSerial());
        Assert.That(host.ReceiveReply(serial).ErrorName, Is.Null);
    }

    [Test]
    public void Two_hundred_domains_are_told_apart_and_each_sees_its_own()
    {
        string[] names = [.. Enumerable.Range(0, 200).Select(i => $"d{i}")];
        DomainNetwork network = Make(names);
        network.Start(
            string.Concat(names.Select(name => network.Element(name)))
                + string.Concat(names.Select(name => $"<policy domain=\"{name}\"><allow own=\"org.example.{name}\"/></policy>"))
                + $"<policy domain=\"*\"><allow send_destination=\"{Bus}\"/><allow receive_sender=\"{Bus}\"/><allow receive_type=\"method_call\"/><allow send_type=\"method_return\"/></policy>",
            ByAddress);
        Dictionary<string, RawPeer> peers = [];
        try
        {
            foreach (string name in names)
            {
                peers.Add(name, network.Connect(name));
                RequestName(peers[name], $"org.example.{name}");
            }

            using RawPeer host = RawPeer.Connect(network.Address);
            foreach (string name in names)
            {
                Assert.That(DomainOf(host, $"org.example.{name}"), Is.EqualTo(name));
                uint serial = host.NextSerial();
                host.Send(CallOf($"org.example.{name}", "Do"), serial);
                PeerMessage call = peers[name].Receive();
                peers[name].Send(ReplyTo(call), peers[name].NextSerial());
                Assert.That(host.ReceiveReply(serial).ErrorName, Is.Null);
            }

            // Its own name and unique name, the bus, and who has called it.
            Assert.That(Strings(peers["d7"].Call(RawPeer.Bus("ListNames"))), Is.EquivalentTo([Bus, peers["d7"].UniqueName, "org.example.d7", host.UniqueName]));
        }
        finally
        {
            foreach (RawPeer peer in peers.Values)
            {
                peer.Dispose();
            }
        }
    }

    private DomainNetwork Make(params string[] domains) => _network = new DomainNetwork(domains);

    private static void WriteToken(DomainNetwork network, string domain)
    {
        File.WriteAllText(network.In(domain), $"{domain} {Secret}\n");
        File.SetUnixFileMode(network.In(domain), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static MessageFields CallOf(string name, string member, string signature = "") => new()
    {
        Type = MessageType.MethodCall,
        Destination = name,
        Path = "/a",
        Interface = "org.example.I",
        Member = member,
        Signature = signature,
    };

    private static MessageFields ReplyTo(PeerMessage call, string signature = "") => new()
    {
        Type = MessageType.MethodReturn,
        Destination = call.Sender,
        ReplySerial = call.Serial,
        Flags = MessageFlags.NoReplyExpected,
        Signature = signature,
    };

    private static void Name(Protocol.Marshalling.WireWriter body, string name)
    {
        body.WriteString(name);
        body.WriteUInt32(0);
    }

    private static void RequestName(RawPeer peer, string name) =>
        Assert.That(peer.Call(RawPeer.Bus("RequestName", "su"), body => Name(body, name)).ErrorName, Is.Null);

    private static string DomainOf(RawPeer asking, string name)
    {
        PeerMessage answer = asking.Call(RawPeer.Bus("GetConnectionCredentials", "s"), body => body.WriteString(name));
        string text = Encoding.Latin1.GetString(answer.Body);
        int key = text.IndexOf("DomainName\0\u0001s\0", StringComparison.Ordinal);
        Assert.That(key, Is.Positive, $"{answer}");

        // The value is a string: a length at a multiple of 4, then its bytes.
        int at = (key + "DomainName\0\u0001s\0".Length + 3) & ~3;
        return text.Substring(at + 4, BitConverter.ToInt32(answer.Body.Slice(at, 4)));
    }

    private static long Counter(RawPeer host, string name)
    {
        PeerMessage answer = host.Call(RawPeer.Bus("GetStats") with { Interface = $"{Bus}.Debug.Stats" });
        string text = Encoding.Latin1.GetString(answer.Body);
        string key = $"org.xen.xcp.Broker.{name}\0\u0001t\0";
        int at = (text.IndexOf(key, StringComparison.Ordinal) + key.Length + 7) & ~7;
        return BitConverter.ToInt64(answer.Body.Slice(at, 8));
    }

    private static List<string> Strings(PeerMessage answer)
    {
        Protocol.Marshalling.WireReader reader = new(answer.Body, answer.IsBigEndian);
        List<string> strings = [];
        int end = reader.ReadArrayStart(4);
        while (reader.MoreUntil(end))
        {
            strings.Add(Encoding.ASCII.GetString(reader.ReadString()));
        }

        return strings;
    }

    private static byte[] Challenge(RawPeer peer, string name)
    {
        peer.Send(Encoding.ASCII.GetBytes($"\0AUTH XCP_TOKEN {Convert.ToHexStringLower(Encoding.ASCII.GetBytes(name))}\r\n"));
        return Convert.FromHexString(peer.ReceiveLine()["DATA ".Length..]);
    }

    /// <returns>What was sent as the proof, in hexadecimal.</returns>
    private static string Prove(RawPeer peer, string name, string secret)
    {
        byte[] challenge = Challenge(peer, name);
        byte[] nonce = RandomNumberGenerator.GetBytes(32);
        ReadOnlySpan<byte> key = Encoding.ASCII.GetBytes(secret);
        byte[] said = [.. challenge, .. nonce, .. Encoding.ASCII.GetBytes(name)];
        string proof = Convert.ToHexStringLower([.. nonce, .. HMACSHA256.HashData(key, (ReadOnlySpan<byte>)[.. "XCP_TOKEN client"u8, .. said])]);
        peer.Send(Encoding.ASCII.GetBytes($"DATA {proof}\r\n"));
        string answer = peer.ReceiveLine();
        if (answer != $"DATA {Convert.ToHexStringLower(HMACSHA256.HashData(key, (ReadOnlySpan<byte>)[.. "XCP_TOKEN server"u8, .. said]))}")
        {
            throw new InvalidOperationException(answer);
        }

        peer.Send("DATA\r\n"u8);
        Assert.That(peer.ReceiveLine(), Does.StartWith("OK "));
        return proof;
    }

    /// <summary>Answers each call with its argument, until the connection ends.</summary>
    private static Task Serve(RawPeer service, CancellationToken end) => Task.Factory.StartNew(
        () =>
        {
            while (!end.IsCancellationRequested)
            {
                if (service.TryReceive(TimeSpan.FromMilliseconds(100)) is { Type: 1, Member: "Echo" } call)
                {
                    service.Send(ReplyTo(call, "s"), service.NextSerial(), body => body.WriteString(call.FirstString!));
                }
            }
        },
        TaskCreationOptions.LongRunning);

    /// <summary>Sends as fast as it can: calls of the bus, signals for all, calls to nobody and to the service.</summary>
    private static Task Flood(DomainNetwork network, CancellationToken end)
    {
        RawPeer peer = network.Connect("bad");
        return Task.Factory.StartNew(
            () =>
            {
                using (peer)
                {
                    MessageFields[] kinds =
                    [
                        RawPeer.Bus("ListNames") with { Flags = MessageFlags.NoReplyExpected },
                        CallOf("org.example.S", "Noise") with { Flags = MessageFlags.NoReplyExpected },
                        CallOf("org.example.Nobody", "Noise") with { Flags = MessageFlags.NoReplyExpected },
                        new() { Type = MessageType.Signal, Path = "/a", Interface = "org.example.I", Member = "Noise" },
                    ];
                    try
                    {
                        while (!end.IsCancellationRequested)
                        {
                            foreach (MessageFields kind in kinds)
                            {
                                peer.Send(kind, peer.NextSerial());
                            }
                        }
                    }
                    catch (Exception e) when (e is TimeoutException or IOException or System.ComponentModel.Win32Exception)
                    {
                        // The bus reads it as slowly as it likes.
                    }
                }
            },
            TaskCreationOptions.LongRunning);
    }
}
