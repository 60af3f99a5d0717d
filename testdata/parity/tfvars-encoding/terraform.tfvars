# café
line   = "HSM" // é
after  = /* é */ "HSM"
