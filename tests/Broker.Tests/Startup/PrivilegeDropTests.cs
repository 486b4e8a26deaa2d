using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Startup;

public sealed class PrivilegeDropTests
{
    private static readonly UserAccount Account = new("nobody", 65534, 65533, [65533]);

    private static readonly string[] Clean =
    [
        "Name:\txcp-broker", "Uid:\t65534\t65534\t65534\t65534", "Gid:\t65533\t65533\t65533\t65533", "Groups:\t ",
        "CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t000001ffffffffff", "CapAmb:\t0000000000000000",
    ];

    [Test]
    public void A_thread_that_is_the_accounts_has_no_remnant() => Assert.That(PrivilegeDrop.FirstRemnant(Clean, Account), Is.Null);

    [TestCase("Uid:\t65534\t65534\t0\t65534")]
    [TestCase("Uid:\t0\t0\t0\t0")]
    [TestCase("Gid:\t65533\t65533\t65533\t0")]
    [TestCase("Groups:\t0 ")]
    [TestCase("CapPrm:\t0000000020000000")]
    [TestCase("CapEff:\t0000000000000001")]
    [TestCase("CapAmb:\t000001ffffffffff")]
    public void What_is_left_of_root_is_found(string line)
    {
        string key = line[..line.IndexOf('\t', StringComparison.Ordinal)];
        string[] status = [.. Clean.Select(each => each.StartsWith(key, StringComparison.Ordinal) ? line : each)];

        Assert.That(PrivilegeDrop.FirstRemnant(status, Account), Is.EqualTo(line));
    }
}
