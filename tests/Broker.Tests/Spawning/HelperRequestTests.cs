using CsCheck;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;
using XcpBroker.Spawning.Helper;

namespace XcpBroker.Broker.Tests.Spawning;

/// <summary>What the root helper takes from a bus that may no longer be ours.</summary>
public sealed class HelperRequestTests
{
    private static readonly HelperRequest Start = new(HelperRequestKind.Start, 0x01020304, "org.example.Service");

    [Test]
    public void What_is_written_is_read_back()
    {
        foreach (HelperRequest request in (HelperRequest[])[Start, new(HelperRequestKind.Kill, uint.MaxValue, ""), Start with { Kind = HelperRequestKind.StartUnit }, Start with { Kind = HelperRequestKind.StartDomain }])
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
    public void Whatever_is_accepted_names_a_service_or_nothing_and_is_written_as_it_came() => Gen.Byte.Array[0, 300].Sample(packet =>
        !HelperRequest.TryParse(packet, out HelperRequest request)
        || (request.ToPacket().AsSpan().SequenceEqual(packet) && (request.Name.Length == 0 || BusName.IsValidWellKnown(request.Name))));
}
