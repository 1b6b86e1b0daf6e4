from kerasfeat.cli import main

main()
