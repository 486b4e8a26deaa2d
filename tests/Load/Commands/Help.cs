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
          --flood-rate N messages/s, 0: as many as go           --floor         the address is a floor's
          --messages N   measure so many, whatever it takes     --seconds S --warm-up S --cpu N
          --destination NAME (post) a name that is declared durable              --fds           agree on descriptors

        load compare [--modes M,M*,...|usual|figures|tcp|held|curves|rules|growth|all] [--brokers xcp,dbus-broker,dbus-daemon,floor]
                     [--runs 5] [--seconds S] [--warm-up S] [--cpu N] [--other-cpu N] [--xcp-arguments A,A]
                     [--by-cpu] [--figures] [--plots DIRECTORY]
          starts the brokers and measures them in turns on one CPU; a Markdown table goes to standard output. With --by-cpu the rate
          is messages by CPU time of broker and generator together, for a machine that is not ours alone; with --figures a row for each thing
          that was measured; with --plots a picture (SVG) of each curve and of each distribution of round trips.
          The binary of xcp: $XCP_BROKER_BINARY, otherwise artifacts/publish/xcp-broker.

        load report [--runs 5] [--seconds S] [--warm-up S] [--by-cpu] [--cpu N] [--other-cpu N] [--xcp-arguments A,A]
                    [--parts usual,figures,tcp,held,curves,rules,growth] [--page FILE] [--images DIRECTORY]
          measures what docs/benchmarks.md shows and writes it there, and the pictures to docs/images; rules and growth, which take
          long, only when they are named.

        load domains [--runs 5] [--seconds 2] [--flooders 4] [--cpu N]
          round trips of calls to a service in one domain, alone and while another domain floods: ratios.
        """;

    internal static int Print()
    {
        Console.Error.WriteLine(Text);
        return 2;
    }
}
