using System.Text;
using XcpBroker.Names;
using static XcpBroker.Names.RequestNameFlags;

namespace XcpBroker.Broker.Tests.Names;

/// <summary>Looking names up by the bytes of a message, and what is counted.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class NameLookupTests
{
    private readonly NameRegistry<string> _names = new();

    [Test]
    public void A_name_is_the_same_as_a_string_and_as_bytes()
    {
        _names.Request("org.xen.xcp.xapi", "a", None);
        _names.Request("org.xen.xcp.xenopsd"u8, "b", None);

        Assert.That(_names.OwnerOf("org.xen.xcp.xapi"u8), Is.EqualTo("a"));
        Assert.That(_names.OwnerOf("org.xen.xcp.xenopsd"), Is.EqualTo("b"));
        Assert.That(_names.Names, Is.EquivalentTo((string[])["org.xen.xcp.xapi", "org.xen.xcp.xenopsd"]));
    }

    [Test]
    public void Bytes_that_are_no_name_find_nothing()
    {
        _names.Request("a.é", "a", None);

        Assert.That(_names.OwnerOf([]), Is.Null);
        Assert.That(_names.OwnerOf(Encoding.Latin1.GetBytes("a.é")), Is.Null);
        Assert.That(_names.OwnerOf(new byte[100_000]), Is.Null);
    }

    [Test]
    public void Finding_an_owner_and_walking_its_names_allocates_nothing()
    {
        _names.Request("org.xen.xcp.xapi", "a", None);
        _names.Request("org.xen.xcp.xenopsd", "a", None);
        _ = LengthsOfNames();

        long before = GC.GetAllocatedBytesForCurrentThread();
        int lengths = LengthsOfNames();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(lengths, Is.EqualTo(2 * ("org.xen.xcp.xapi".Length + "org.xen.xcp.xenopsd".Length)));
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void Claims_are_the_names_owned_and_those_waited_for_oldest_first()
    {
        _names.Request("a.a", "b", None);
        _names.Request("a.a", "a", None);
        _names.Request("a.b", "a", None);
        List<string> claims = [];
        foreach (string claim in _names.ClaimsOf("a"))
        {
            claims.Add(claim);
        }

        Assert.That(claims, Is.EqualTo((string[])["a.a", "a.b"]));
        Assert.That(_names.OwnedNames("a"), Is.EqualTo((string[])["a.b"]));
        Assert.That(_names.CountOf("a"), Is.EqualTo(2));
        Assert.That(_names.HasClaim("a.a"u8, "a"));
        Assert.That(_names.HasClaim("a.b"u8, "b"), Is.False);
        Assert.That(_names.HasClaim("a.c"u8, "a"), Is.False);
    }

    [Test]
    public void Peaks_stay_when_names_go()
    {
        _names.Request("a.a", "a", None);
        _names.Request("a.b", "a", None);
        _names.Request("a.b", "b", None);
        _names.Release("a.a"u8, "a");
        _names.Release("a.b"u8, "b");

        Assert.That((_names.Count, _names.PeakCount), Is.EqualTo((1, 2)));
        Assert.That((_names.ClaimCount, _names.PeakClaimCount), Is.EqualTo((1, 3)));
        Assert.That((_names.CountOf("a"), _names.PeakCountOf("a"), _names.PeakClaimsPerPeer), Is.EqualTo((1, 2, 2)));
    }

    private int LengthsOfNames()
    {
        string owner = _names.OwnerOf("org.xen.xcp.xapi"u8)!;
        IReadOnlyList<string> owned = _names.OwnedNames(owner);
        int lengths = 0;
        for (int index = 0; index < owned.Count; index++)
        {
            lengths += owned[index].Length;
        }

        foreach (string claim in _names.ClaimsOf(owner))
        {
            lengths += claim.Length;
        }

        return lengths;
    }
}
