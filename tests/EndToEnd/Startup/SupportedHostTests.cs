using System.Text.RegularExpressions;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>The hosts that README.md names: what the binary needs of one.</summary>
public sealed partial class SupportedHostTests
{
    private readonly Shell _shell = new();

    [OneTimeTearDown]
    public void RemoveDirectory() => _shell.Dispose();

    [Test]
    public void The_binary_needs_the_C_library_that_the_README_says_and_no_newer_one()
    {
        Version said = Version.Parse(Said().Match(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))).Groups[1].Value);
        ShellResult versions = _shell.Run("readelf --version-info $B");

        Assert.That(versions.ExitCode, Is.Zero, versions.Error);
        Assert.That(Needed().Matches(versions.Output).Max(match => Version.Parse(match.Groups[1].Value)), Is.EqualTo(said));
    }

    [Test]
    public void The_binary_needs_no_other_library()
    {
        ShellResult dynamic = _shell.Run("readelf --dynamic $B | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p'");

        Assert.That(dynamic.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.SupersetOf((string[])["libc.so.6"]));
        Assert.That(dynamic.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.All.Match("^(libc|libm|ld-linux-x86-64)\\.so\\."));
    }

    [GeneratedRegex("needs glibc ([0-9]+[.][0-9]+)")]
    private static partial Regex Said();

    [GeneratedRegex("Name: GLIBC_([0-9]+[.][0-9]+)")]
    private static partial Regex Needed();
}
