namespace XcpBroker.EndToEnd.Startup;

/// <summary>The internal mode by which every child is made.</summary>
public sealed class InternalExecTests
{
    private readonly Shell _shell = new();

    [OneTimeTearDown]
    public void RemoveDirectory() => _shell.Dispose();

    [Test]
    public void The_program_takes_the_place_of_the_process_with_its_arguments_byte_for_byte()
    {
        ShellResult result = _shell.Run(
            "$B --internal-exec -- /bin/cat name /proc/self/cmdline \"$(printf 'x\\377')\" 2>error | od -An -tx1 -w1000; echo $$; exec $B --internal-exec -- /bin/sh sh -c 'echo $$'");
        string[] lines = result.Output.Split('\n');
        string words = string.Concat("name\0/proc/self/cmdline\0x".Select(letter => $" {(int)letter:x2}"));

        Assert.That(lines[0], Is.EqualTo($"{words} ff 00"));
        Assert.That(lines[2], Is.EqualTo(lines[1]), "process id");
    }

    [Test]
    public void Ignored_signals_are_default_and_blocked_ones_are_not_blocked()
    {
        ShellResult result = _shell.Run(
            "exec python3 -c 'import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN);"
            + " signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1]);"
            + " os.execv(os.environ[\"B\"], [\"b\", \"--internal-exec\", \"--\", \"/bin/grep\", \"grep\", \"Sig\", \"/proc/self/status\"])'");

        Assert.That(result.Output, Does.Contain("SigBlk:\t0000000000000000").And.Contain("SigIgn:\t0000000000000000"), result.Error);
    }

    [Test]
    public void A_session_a_limit_of_open_files_and_the_environment_are_as_asked_for()
    {
        ShellResult result = _shell.Run(
            "V=value exec $B --internal-exec session files=77,88 -- /bin/sh sh -c 'echo $$ $(cut -d\" \" -f6 /proc/$$/stat) $(ulimit -Sn) $(ulimit -Hn) $V'");
        string[] words = result.Output.Trim().Split(' ');

        Assert.That(words[0], Is.EqualTo(words[1]), "session");
        Assert.That(string.Join(' ', words[2..]), Is.EqualTo("77 88 value"));
    }

    [Test]
    public void Groups_group_and_user_are_changed_for_good_or_the_refusal_is_named()
    {
        ShellResult result = _shell.Run("exec $B --internal-exec groups=7,8 group=65533 user=65534 -- /bin/grep grep -E '^(Uid|Gid|Groups):' /proc/self/status");

        if (Environment.IsPrivilegedProcess)
        {
            Assert.That(
                result.Output,
                Is.EqualTo("Uid:\t65534\t65534\t65534\t65534\nGid:\t65533\t65533\t65533\t65533\nGroups:\t7 8 \n"));
        }
        else
        {
            Assert.That(result.Error, Does.StartWith("xcp-broker: /bin/grep: setgroups: "));
            Assert.That(result.ExitCode, Is.EqualTo(127));
        }
    }

    [Test]
    public void A_protection_from_the_out_of_memory_killer_is_given_up_and_the_opposite_is_kept()
    {
        if (Environment.IsPrivilegedProcess)
        {
            ShellResult spared = _shell.Run("echo -500 >/proc/self/oom_score_adj; exec $B --internal-exec oomscore -- /bin/cat cat /proc/self/oom_score_adj");
            Assert.That(spared.Output, Is.EqualTo("0\n"), spared.Error);
        }

        ShellResult first = _shell.Run("echo 500 >/proc/self/oom_score_adj; exec $B --internal-exec oomscore -- /bin/cat cat /proc/self/oom_score_adj");
        Assert.That(first.Output, Is.EqualTo("500\n"), first.Error);
    }

    [Test]
    public void With_a_status_descriptor_nothing_else_is_passed_on_and_a_failure_is_told_there()
    {
        ShellResult closed = _shell.Run("exec $B --internal-exec rootdir status=3 -- /bin/sh sh -c 'pwd; ls /proc/$$/fd' 3>status 7<$B 9>x");
        ShellResult failed = _shell.Run("$B --internal-exec status=3 -- /no/such/program p 3>failure; od -An -td4 failure; wc -c <status");

        Assert.That(closed.Output, Is.EqualTo("/\n0\n1\n2\n"), closed.Error);
        Assert.That(failed.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries), Is.EqualTo((string[])["7", "2", "0"]), "execve, ENOENT");
        Assert.That(failed.Error, Is.Empty);
    }

    [Test]
    public void Inherited_descriptors_stay_open()
    {
        ShellResult result = _shell.Run("echo text >file; exec $B --internal-exec -- /bin/sh sh -c 'cat <&7' 7<file");

        Assert.That(result.Output, Is.EqualTo("text\n"));
    }

    [Test]
    public void A_program_that_cannot_be_executed_is_named()
    {
        ShellResult result = _shell.Run("exec $B --internal-exec -- /no/such/program p");

        Assert.That(result.Error, Does.StartWith("xcp-broker: /no/such/program: execve: "));
        Assert.That(result.ExitCode, Is.EqualTo(127));
    }
}
