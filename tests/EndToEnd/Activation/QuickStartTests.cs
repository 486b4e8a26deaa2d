using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Activation;

/// <summary>"A call to nobody" of README.md, word for word but for where things are.</summary>
internal sealed partial class QuickStartTests
{
    [Test]
    public void What_the_README_says_works()
    {
        using Shell shell = new();
        string[] blocks = Blocks("A call to nobody", shell);
        Assert.That(blocks, Has.Length.EqualTo(2));

        // Who types is slower than the broker's start.
        string later = Shell.Listening("bus");
        Process call = shell.Start(Background().Replace(blocks[0], _ => $"& echo $! >pid; {later}"));
        try
        {
            shell.Start($"{later}\n{blocks[1]}");
            Assert.That(Shell.ReadLine(call.StandardOutput), Is.EqualTo("v s \"word\""));
        }
        finally
        {
            using Process broker = Process.GetProcessById(int.Parse(File.ReadAllText(shell.In("pid")), CultureInfo.InvariantCulture));
            broker.Kill();
        }
    }

    /// <summary>The commands of a section.</summary>
    private static string[] Blocks(string section, Shell shell)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        string part = text.Split($"## {section}\n")[1].Split("\n## ")[0];
        return
        [
            .. Block().Matches(part).Select(match => match.Groups[1].Value
                .Replace("artifacts/publish/xcp-broker", "$B", StringComparison.Ordinal)
                .Replace("/tmp/my-bus", shell.In("bus"), StringComparison.Ordinal)
                .Replace("/usr/bin/python3 tests", $"/usr/bin/python3 {Repository.Root}/tests", StringComparison.Ordinal)),
        ];
    }

    [GeneratedRegex("^```\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("&$", RegexOptions.Multiline)]
    private static partial Regex Background();
}
