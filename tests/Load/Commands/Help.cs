namespace XcpBroker.Load.Commands;

/// <summary>What can be asked for.</summary>
internal static class Help
{
    private const string Text = """
        load run --address ADDRESS --mode MODE [options]      one mode against any bus
          MODE           pingpong oneway fanout connect driver flood post
          --pid PID      the broker's process, for its CPU time and memory
          --size BYTES   payload of a message (4k, 1m)          --pairs N       pairs of peers; for connect: at once
          --window N     messages under way per sender          --unbatched     one send per message
          --subscribers N (fanout)                              --stepwise      wait for each answer (connect)
          --rules N      rules that do not match                --rule-kind K   member interface path ... mixed
          --flood-rate N messages/s, 0: as many as go           --forwarder     the address is a floor's
          --messages N   measure so many, whatever it takes     --seconds S --warm-up S --cpu N
          --destination NAME (post) a name that is declared durable

        load compare [--modes M,M*,...|all] [--runs 5] [--brokers xcp,dbus-broker,dbus-daemon,floor] [--seconds S] [--warm-up S]
                     [--cpu N] [--other-cpu N] [--xcp-arguments A,A]
                     [--by-cpu] [--figures]
          starts the brokers and measures them in turns on one CPU; a Markdown table goes to standard output. With --by-cpu the rate
          is messages by CPU time of broker and generator together, for a machine that is not ours alone; with --figures a row for each thing
          that was measured.
          The binary of xcp: $XCP_BROKER_BINARY, otherwise artifacts/publish/xcp-broker.

        load floor --listen PATH                              forwards bytes between the 1st and 2nd connection, the 3rd and 4th ...
        """;

    internal static int Print()
    {
        Console.Error.WriteLine(Text);
        return 2;
    }
}
