using XcpBroker.Config.Services;

namespace XcpBroker.Config.Tests.Services;

public sealed class DomainStarterTests
{
    [TestCase("/usr/sbin/xl create /etc/xen/%d.cfg", "/usr/sbin/xl|create|/etc/xen/dom.cfg")]
    [TestCase("/a '%d %n' \"50%%\" %%d", "/a|dom org.example.A|50%|%d")]
    [TestCase("/a%d %d%d%n", "/a%d|domdomorg.example.A")]
    [TestCase("/a", "/a")]
    public void What_is_put_in_stays_within_its_argument(string text, string filled)
    {
        Assert.That(DomainStarter.TryParse(text, out DomainStarter? starter, out string? error), Is.True, error);
        Assert.That(string.Join('|', starter!.Fill("dom", "org.example.A")), Is.EqualTo(filled));
    }

    [TestCase("", "there is no program")]
    [TestCase("xl create %d", "expected a path from the root")]
    [TestCase("/a %", "expected %d")]
    [TestCase("/a %%%", "expected %d")]
    [TestCase("/a %x", "expected %d")]
    [TestCase("/a 'x", "a quote is not closed")]
    public void What_cannot_be_run_is_refused(string text, string problem)
    {
        Assert.That(DomainStarter.TryParse(text, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain(problem));
    }

    [TestCase("storage", true)]
    [TestCase("0", true)]
    [TestCase("a_b.c-d", true)]
    [TestCase("", false)]
    [TestCase(".a", false)]
    [TestCase("-a", false)]
    [TestCase("a..b", false)]
    [TestCase("a/b", false)]
    [TestCase("a b", false)]
    [TestCase("a%n", false)]
    [TestCase("ä", false)]
    [TestCase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true)]
    [TestCase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    public void Names_of_domains_can_be_parts_of_paths(string name, bool isValid) => Assert.That(DomainName.IsValid(name), Is.EqualTo(isValid));
}
