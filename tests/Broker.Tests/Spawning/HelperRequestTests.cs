using CsCheck;
using XcpBroker.Auth.Domains;
using XcpBroker.Config.Domains;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;
using XcpBroker.Spawning.Helper;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Spawning;

/// <summary>What the root helper takes from a bus that may no longer be ours.</summary>
public sealed class HelperRequestTests
{
    private static readonly HelperRequest Start = new(HelperRequestKind.Start, 0x01020304, "org.example.Service");

    [Test]
    public void What_is_written_is_read_back()
    {
        HelperRequest[] others = [new(HelperRequestKind.Kill, uint.MaxValue, ""), Start with { Kind = HelperRequestKind.StartUnit }, Start with { Kind = HelperRequestKind.StartDomain }];
        foreach (HelperRequest request in (HelperRequest[])[Start, .. others, HelperRequest.ConfirmDomain(32751)])
        {
            Assert.That(HelperRequest.TryParse(request.ToPacket(), out HelperRequest read), Is.True);
            Assert.That(read, Is.EqualTo(request));
        }
    }

    [Test]
    public void Every_proper_prefix_up_to_a_name_is_refused()
    {
        byte[] packet = Start.ToPacket();
        int shortest = packet.AsSpan().IndexOf("org.e"u8) + "org.e".Length;

        Assert.That(
            Enumerable.Range(0, shortest).Where(length => HelperRequest.TryParse(packet.AsSpan(0, length), out _)),
            Is.Empty);
    }

    [TestCase("nfs-1", null, null, null)]
    [TestCase("nfs-1", "0123abcd-89ab-cdef-0123-456789abcdef", "tcp:host=169.254.0.1,port=5555", "0123456789abcdef0123456789abcdef")]
    public void What_a_domain_is_to_find_is_read_back(string name, string? uuid, string? address, string? guid)
    {
        HelperRequest watch = HelperRequest.WatchDomain(new DomainNotice(name, uuid, address, guid));

        Assert.That(HelperRequest.TryParse(watch.ToPacket(), out HelperRequest read), Is.True);
        Assert.That(read, Is.EqualTo(watch));
        Assert.That(HelperRequest.TryParse(HelperRequest.ForgetDomain(name).ToPacket(), out read), Is.True);
        Assert.That(read, Is.EqualTo(HelperRequest.ForgetDomain(name)));
    }

    // Nothing gets into xenstore that is not a UUID, an address or a GUID, and no path at all.
    [TestCase("nfs-1\0\0\0", true)]
    [TestCase("../../0\0\0\0", false)]
    [TestCase("\0\0\0", false)]
    [TestCase("nfs-1\0\0", false)]
    [TestCase("nfs-1\0\0\0\0", false)]
    [TestCase("nfs-1\0" + "0123ABCD-89ab-cdef-0123-456789abcdef\0\0", false)]
    [TestCase("nfs-1\0" + "x\0\0", false)]
    [TestCase("nfs-1\0\0tcp:host=h\0", false)]
    [TestCase("nfs-1\0\0tcp:host=h,port=1\n\0", false)]
    [TestCase("nfs-1\0\0tcp:host=h\u007f,port=1\0", false)]
    [TestCase("nfs-1\0\0\0" + "0123456789ABCDEF0123456789abcdef", false)]
    [TestCase("nfs-1\0\0\0" + "0123", false)]
    public void Of_a_domain_nothing_else_is_taken(string text, bool isTaken)
    {
        Assert.That(HelperRequest.TryParse([5, 0, 0, 0, 0, .. StrictUtf8.Instance.GetBytes(text)], out _), Is.EqualTo(isTaken));
        Assert.That(HelperRequest.TryParse([5, 1, 0, 0, 0, .. StrictUtf8.Instance.GetBytes(text)], out _), Is.False, "with a number");
    }

    [Test]
    public void The_longest_that_a_domain_is_to_find_is_one()
    {
        string address = $"tcp:host={new string('h', XenstorePublication.MaxAddressLength - 16)},port=1";
        DomainNotice longest = new(new string('n', 63), "0123abcd-89ab-cdef-0123-456789abcdef", address, "0123456789abcdef0123456789abcdef");
        byte[] packet = HelperRequest.WatchDomain(longest).ToPacket();

        Assert.That(address, Has.Length.EqualTo(XenstorePublication.MaxAddressLength));
        Assert.That((packet.Length <= HelperRequest.MaxSize, HelperRequest.TryParse(packet, out _)), Is.EqualTo((true, true)));
    }

    [TestCase(1, "")]
    [TestCase(1, "org")]
    [TestCase(1, ":1.1")]
    [TestCase(1, "org.example.Service/../../etc")]
    [TestCase(1, "../org.example")]
    [TestCase(1, "org.example\0.x")]
    [TestCase(1, "org.1example")]
    [TestCase(1, "org.example.ä")]
    [TestCase(2, "x")]
    [TestCase(0, "org.example.Service")]
    [TestCase(5, "org.example.Service")]
    [TestCase(6, "")]
    [TestCase(6, "-nfs")]
    [TestCase(6, "nfs")]
    [TestCase(7, "x")]
    [TestCase(8, "")]
    [TestCase(255, "")]
    public void What_is_no_request_is_refused(byte kind, string name) =>
        Assert.That(HelperRequest.TryParse([kind, 1, 2, 3, 4, .. StrictUtf8.Instance.GetBytes(name)], out _), Is.False);

    [Test]
    public void A_name_has_an_end()
    {
        string longest = "a." + new string('b', 253);

        Assert.That(HelperRequest.TryParse((Start with { Name = longest }).ToPacket(), out _), Is.True);
        Assert.That(HelperRequest.TryParse((Start with { Name = longest + "b" }).ToPacket(), out _), Is.False);
    }

    [Test]
    public void Whatever_is_accepted_names_a_service_a_domain_or_nothing_and_is_written_as_it_came() => Gen.Byte.Array[0, 300].Sample(IsRight);

    // Nearly right ones, since random bytes never are.
    [Test]
    public void So_it_is_with_what_is_nearly_a_request_about_domains() =>
        Gen.Select(Gen.Byte[4, 8], Gen.Int[0, Pieces.Length - 1].Array[0, 9]).Sample((kind, pieces) =>
            IsRight([kind, 0, 0, 0, 0, .. StrictUtf8.Instance.GetBytes(string.Concat(pieces.Select(piece => Pieces[piece])))]));

    private static readonly string[] Pieces =
        ["\0", "\0", "\0", "nfs-1", "a", "/", "..", "\n", "ä", "0123abcd-89ab-cdef-0123-456789abcdef", "0123456789abcdef0123456789abcdef", "tcp:host=h,port=1", "vsock:cid=2,port=7"];

    private static bool IsRight(byte[] packet) =>
        !HelperRequest.TryParse(packet, out HelperRequest request)
        || (request.ToPacket().AsSpan().SequenceEqual(packet)
            && (request.Kind is HelperRequestKind.WatchDomain or HelperRequestKind.ForgetDomain ? DomainIdentity.IsValidWord(request.Name) : request.Name.Length == 0 || BusName.IsValidWellKnown(request.Name))
            && !packet.AsSpan(5).ContainsAny((byte)'\n', (byte)0x7f));
}
